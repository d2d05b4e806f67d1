"""Descent with Adam from (-10, -1)

From further away the lecture's Adam stays where it is on the MSE surface, and the lecture concludes that even Adam is
no cure. But that Adam carries over the state of its warm-up epoch: it remembers the square of a gradient thousands of
times as large as the ones here, divides each step by its root, and so hardly moves. A fresh Adam from the same start
gets away and arrives. How often does that happen? Many random warm-up starts tell, and which part of Adam's state does
it is seen by carrying over one part at a time.
"""

from tfreg import Claim, Findings, descents, script

from keras.optimizers import Adam

WARM_UP_STARTS = {"MSE": (0.71488917, -1.3362132), "BCE": (0.9996041, -0.7355087)}


def main(
    epochs: int = 435,
    learning_rate: float = 0.1,
    start: tuple[float, float] = (-10.0, -1.0),
    grid_step: float = 0.2,
    n_warm_ups: int = 1000,
) -> Findings:
    problems = descents.lecture_problems()
    adam = Adam(learning_rate)
    descent = descents.run(problems, adam, epochs, start, WARM_UP_STARTS)
    fates = descents.fates_after_warm_up(problems["MSE"], adam, epochs, start, n_warm_ups, seed=0)
    shares = "; ".join(f"{part}: {share}" for part, share in fates.items())

    carried_arrives = descents.arrival(problems["MSE"], descent.carried["MSE"]) is not None
    fresh_arrives = descents.arrival(problems["MSE"], descent.fresh["MSE"]) is not None
    verdict = "fails" if carried_arrives else "depends" if fresh_arrives else "holds"
    there, here = problems["MSE"].gradient_at([WARM_UP_STARTS["MSE"], start])
    larger = f"{abs(there / here).max():,.0f} times"
    found = (
        f"state carried over, {descents.arrivals(descent, descent.carried)}; "
        f"fresh, {descents.arrivals(descent, descent.fresh)}"
    )
    return Findings(
        summary=f"With Adam's {found}. Of descents after random warm-ups, {fates['all']}; with only the average of "
        f"the squared gradient carried over, {fates['the average of its square only']}. The gradient that Adam "
        f"remembers is up to {larger} that of the start.",
        runs=descents.saved_runs(descent),
        figures=descents.draw(
            descent,
            "Adam",
            f"Adam({learning_rate:g}) from {descents.place(start)}: {epochs} epochs",
            f"Carried over: on MSE, Adam divides by a remembered gradient up to {larger} that of the start",
            grid_step,
        ),
        numbers=descents.numbers(descent),
        claims=(
            Claim(
                "a good optimizer is no cure for MSE: even Adam stays stuck",
                verdict,
                f"in {epochs} epochs, {found}; after random warm-ups, by what is carried over of Adam's state: "
                f"{shares}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
