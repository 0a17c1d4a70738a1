"""One self-contained page about one or many runs: opens offline, prints, and names its sources.

In come run folders, perhaps the ledger of a tolerance search and the folder of a sweep; out comes
one HTML file. Read ``contents.py`` first: it lists the page's parts in their order, and ``make.py``
fills them. ``gather.py`` reads the runs and ``groups.py`` puts those together that differ only in
seeds. One file makes one part: ``summary.py``, ``curves.py``, ``confusion.py``, ``neurons.py``,
``wear.py``, ``price.py``, ``tolerance.py``, ``pareto.py``, ``provenance.py``. They make `Figure`
and `Table` records (``parts.py``) and pictures (``picture.py``); ``quantities.py`` writes numbers
for people, ``axes.py`` is an axis of ratios. ``page/`` holds template, style and script, and
``render.py`` joins them. Nothing here simulates: what a run did not record is asked from
`bitspin.run`.
"""

from bitspin.report.make import Options, write_report

__all__ = ["Options", "write_report"]
