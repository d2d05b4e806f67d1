"""Descent with SGD from (-3, -1)

435 epochs of SGD(0.1) on both losses from the same start. The lecture had fitted its models for one epoch from a random
start before it set this one, and went on with the same optimizer. Plain SGD remembers nothing, so that makes no
difference here; with Adam, in the next two experiments, it does. The random starts are not printed: they were found
by solving for the weights that are, and give the printed losses too.
"""

from tfreg import Claim, Findings, descents, script, train

from keras.optimizers import SGD

WARM_UP_STARTS = {"MSE": (0.19806325, 0.34282184), "BCE": (-1.1119714, -0.16651416)}
FAR_START = (-10.0, -1.0)
LONG = 20_000  # epochs


def main(
    epochs: int = 435, learning_rate: float = 0.1, start: tuple[float, float] = (-3.0, -1.0), grid_step: float = 0.2
) -> Findings:
    problems = descents.lecture_problems()
    sgd = SGD(learning_rate)
    descent = descents.run(problems, sgd, epochs, start, WARM_UP_STARTS)

    long = {loss: train(p, sgd, LONG, [start, FAR_START], record_every=10) for loss, p in problems.items()}
    near = {loss: run.isel(start=0) for loss, run in long.items()}
    far = {loss: run.isel(start=1) for loss, run in long.items()}
    stuck = descents.arrival(problems["MSE"], far["MSE"]) is None
    left = descents.arrival(problems["BCE"], far["BCE"]) is not None
    slow = (
        f"in {LONG} epochs from {descents.place(start)} {descents.arrivals(descent, near)}, "
        f"from {descents.place(FAR_START)} {descents.arrivals(descent, far)}"
    )
    same = "plain SGD has no state, so nothing is carried over from the warm-up epoch: both paths are one"
    note = same if descent.same else "the carried-over state matters"
    return Findings(
        summary=f"After {epochs} epochs {descents.arrivals(descent, descent.fresh)}; {slow}. Here {note}.",
        runs=descents.saved_runs(descent),
        figures=descents.draw(
            descent, "SGD", f"SGD({learning_rate:g}) from {descents.place(start)}: {epochs} epochs", note, grid_step
        ),
        numbers=descents.numbers(descent),
        claims=(Claim("MSE can converge extremely slowly", "holds" if stuck and left else "fails", slow),),
    )


if __name__ == "__main__":
    script(main)
