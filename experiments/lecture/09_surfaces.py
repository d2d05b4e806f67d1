"""Both loss surfaces

The logistic problem with weights (w0, w1) and inputs (1, x), its MSE and its BCE over the lecture's grid, seen from the
lecture's angle. Where a surface curves downwards, a straight way to the minimum is blocked; the lecture says MSE does,
and BCE does not.
"""

from tfreg import Findings, descents, figures, grid, loss_surface, script


def main(grid_step: float = 0.2) -> Findings:
    problems = descents.lecture_problems()
    over = grid(w0=(-10, 3, grid_step), w1=(-1, 10, grid_step))
    by_loss = {loss: loss_surface(problem, over) for loss, problem in problems.items()}

    minima = {loss: descents.minimum(problem) for loss, problem in problems.items()}
    found = "; ".join(
        f"{loss} runs from {by_loss[loss].loss.values.min():.3f} to {by_loss[loss].loss.values.max():.3f} "
        f"with its minimum at ({w0:.3f}, {w1:.3f})"
        for loss, (w0, w1) in minima.items()
    )
    return Findings(
        summary=f"{found}. The data were drawn at (-1, 5).",
        figures={"both": figures.surfaces(by_loss, title="Loss over (w0, w1)")},
        numbers={"X": problems["MSE"].dataset.inputs[[0, 1, 2, -3, -2, -1]]},
    )


if __name__ == "__main__":
    script(main)
