"""The index of the figures: every picture, verdict and number of the records, and no others."""

from example_records import CLAIM, RECORD, number, record

from tfreg.suite.gallery import figures_index
from tfreg.suite.record import SavedFigure


def test_a_section_has_its_number_verdicts_and_table() -> None:
    page = figures_index([RECORD], "tfreg run")
    assert "Written by `tfreg run`" in page
    assert "## Clusters\n\n### 3. A gradient by hand" in page
    assert "- 2 of 2 printed numbers came back.\n- **holds**: " + CLAIM.sentence in page
    assert "solved for" not in page
    # A missing value is blank.
    assert "| sgd | 0.123 |\n| adam |  |" in page
    assert '<b>The fit.</b><br><a href="clusters/3_fit.png">' in page


def test_a_start_that_was_solved_for_is_said() -> None:
    page = figures_index([record(checked=(number(rests_on="solved start"),))], "tfreg run")
    assert "- The start is not printed; it was solved for from printed numbers.\n" in page


def test_a_picture_of_several_panels_has_a_row_of_its_own() -> None:
    panels = (1, 1, 1, 2, 1)
    figures = tuple(SavedFigure(f"f{i}", f"Caption <{i}>.", (f"clusters/{i}.png",), n) for i, n in enumerate(panels))
    page = figures_index([record(figures=figures)], "tfreg run")
    rows = [line for line in page.splitlines() if line.startswith("<tr>")]
    assert [row.count("<img") for row in rows] == [2, 1, 1, 1]
    assert ['colspan="2"' in row for row in rows] == [False, False, True, False]
    assert "Caption &lt;3&gt;." in rows[2]


def test_the_page_of_one_group_lies_in_its_folder() -> None:
    page = figures_index([RECORD], "tfreg run clusters", "clusters")
    assert 'src="3_fit.png"' in page
    assert "[CSV](3_t.csv)" in page
    assert "## Clusters" not in page
