"""Both loss surfaces

The logistic problem with weights (w0, w1) and inputs (1, x), its MSE and its BCE over the lecture's grid, seen from the
lecture's angle. The lecture says by eye that the MSE surface is not convex and the BCE surface is; the Hessian, by
automatic differentiation, decides. For BCE there is also an argument for all weights: its Hessian is X'SX / n with
S = diag(p (1 - p)), which no vector can make negative. The argument is checked far outside the grid, where the
probabilities themselves would round to 0 and 1, by writing p (1 - p) as sigmoid(u) sigmoid(-u).
"""

import numpy as np

from tfreg import Claim, Findings, curvature_surface, datasets, descents, grid, landscapes, script

FAR = 1000.0  # weights of the check far outside the grid


def main(grid_step: float = 0.2, n_far: int = 1000) -> Findings:
    problems = descents.lecture_problems("float64")
    over = grid(w0=(-10, 3, grid_step), w1=(-1, 10, grid_step))
    by_loss = {loss: curvature_surface(problem, over) for loss, problem in problems.items()}
    negative = {loss: float((surface.curvature < 0).mean()) for loss, surface in by_loss.items()}
    lowest = {loss: float(surface.curvature.min()) for loss, surface in by_loss.items()}

    x = problems["BCE"].dataset.inputs
    random = np.random.default_rng(0)
    near, far = random.uniform(-15, 15, (n_far, 2)), random.uniform(-FAR, FAR, (n_far, 2))
    # Where the logits are too large for p itself, automatic differentiation has nothing to compare with.
    near = near[np.abs(near @ x.T).max(axis=1) < 30]
    off = np.abs(problems["BCE"].hessian_at(near) - bce_hessians(x, near)).max()
    lowest_far = np.linalg.eigvalsh(bce_hessians(x, far)).min()

    minima = {loss: descents.minimum(problem) for loss, problem in problems.items()}
    found = "; ".join(f"{loss} has its minimum at ({w0:.3f}, {w1:.3f})" for loss, (w0, w1) in minima.items())
    return Findings(
        summary=f"MSE curves downwards on {100 * negative['MSE']:.0f} % of the grid, BCE on "
        f"{100 * negative['BCE']:.0f} %. {found}; the data were drawn at (-1, 5).",
        figures={
            "both": (
                landscapes.surfaces(by_loss, title="Loss over (w0, w1)"),
                "The loss surfaces of MSE and BCE over the lecture's grid, from the lecture's angle.",
            ),
            "curvature": (
                landscapes.curvatures(by_loss, title="Where the surfaces curve downwards"),
                "The smallest eigenvalue of the Hessian; hatched where it is negative and the surface not convex.",
            ),
        },
        numbers={"X": x[[0, 1, 2, -3, -2, -1]]},
        claims=(
            Claim(
                "the MSE surface is not convex in (w0, w1)",
                "holds" if negative["MSE"] > 0 else "fails",
                f"the smallest eigenvalue of the Hessian is negative on {100 * negative['MSE']:.1f} % of the grid, "
                f"down to {lowest['MSE']:.3f}",
            ),
            Claim(
                "the BCE surface is convex in (w0, w1)",
                "holds" if negative["BCE"] == 0 and off < 1e-12 and lowest_far >= -1e-15 else "fails",
                f"the smallest eigenvalue is {lowest['BCE']:.1e} or more on the grid; everywhere the Hessian is "
                f"X'SX / n (to {off:.0e} at {len(near)} random points), which at {n_far} points up to {FAR:g} away "
                f"has no eigenvalue below {lowest_far:.0e}",
            ),
        ),
    )


def bce_hessians(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """X'SX / n for each row of weights (S, 2), as an array (S, 2, 2)."""
    u = weights @ x.T
    with np.errstate(over="ignore"):
        s = datasets.sigmoid(u) * datasets.sigmoid(-u)
    return np.einsum("sn,ni,nj->sij", s, x, x) / len(x)


if __name__ == "__main__":
    script(main)
