"""The tables of a run, between the markers of docs/speed.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.reliability.servers import ROOT
from tests.speed import picture
from tests.speed.findings import PROMISES, Findings, kept

PAGE, PICTURE = ROOT / "docs" / "speed.md", ROOT / "docs" / "speed.svg"
BEGIN, END = "<!-- measured: make bench -->", "<!-- end of what was measured -->"
WORDS = {"aim": "aim kept", "must": "must kept", "missed": "**missed**"}


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def tables(findings: Findings, *, command: str, seconds: float) -> str:
    """Everything that was found, as Markdown."""
    parts = [_where(command, seconds), "## What is promised\n", _promises(findings)]
    if findings.costs:
        parts += ["## CPU per request, milliseconds\n", _costs(findings)]
    if findings.latencies:
        parts += [
            "## Latency at moderate load, milliseconds; requests a second at saturation\n",
            table(
                ("what", "database", "who", "p50", "p99", "a second"),
                [
                    (row["what"], row["backend"], row["who"], *(_figure(row.get(n)) for n in ("p50", "p99", "rate")))
                    for row in findings.latencies
                ],
            ),
        ]
    if findings.memory:
        parts += [
            "## Memory after load, proportional set size, MB\n",
            table(
                ("who", "database", "each process", "together"),
                [
                    (row["who"], row["backend"], ", ".join(f"{mb:.0f}" for mb in row["each"]), f"{row['all']:.0f}")
                    for row in findings.memory
                ],
            ),
        ]
    if findings.phases:
        parts += [
            "## Where a direct cancel's CPU goes, milliseconds, in one process without a web server\n",
            table(("what", "app", "database's"), [(what, f"{a:.2f}", f"{d:.2f}") for what, a, d in findings.phases]),
        ]
    if findings.layers:
        parts += [
            "## What each layer of the fast path brings, CPU per request, milliseconds, one process\n",
            table(
                ("what", "the fast path", "app", "database's", "× all on"),
                [(what, off, f"{a:.2f}", f"{d:.2f}", f"{more:.2f}") for what, off, a, d, more in findings.layers],
            ),
        ]
    if findings.remarks:
        parts += ["## Remarks\n", "\n".join(f"- {remark}" for remark in findings.remarks) + "\n"]
    return "\n".join(parts)


def _where(command: str, seconds: float) -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    load = os.getloadavg()[0]
    return (
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds / 60:.0f} minutes, on {os.cpu_count()} ×"
        f" {cpu}, Python {platform.python_version()}, load at the end {load:.1f}.\n"
    )


def _promises(findings: Findings) -> str:
    rows = []
    for key, sentence, must, aim, unit in PROMISES:
        value = findings.figures.get(key)
        shown = "not measured" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"
        sign = "≥" if unit.startswith("more") else "≤"
        tail = " MB" if unit == "MB" else " s" if unit == "s" else ""
        verdict = "" if value is None else WORDS[kept(key, value)]
        rows.append(
            (
                sentence,
                f"{sign} {must:g}{tail}",
                f"{sign} {aim:g}{tail}",
                f"{shown}{tail if value else ''}",
                verdict,
            )
        )
    return table(("path (CPU, app + database, unless said)", "must", "aim", "found", ""), rows)


def _costs(findings: Findings) -> str:
    return table(
        ("what", "database", "orders", "who", "app", "database's", "together", "/ ours", "statements", "bytes"),
        [
            (
                *(row["what"], row["backend"], f"{row['orders']:,}", row["who"]),
                *(f"{row[name]:.2f}" for name in ("app", "database", "total")),
                _figure(row["to_ours"]),
                _figure(row["statements"]),
                f"{row['bytes']:,.0f}",
            )
            for row in findings.costs
        ],
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def write(findings: Findings, text: str) -> None:
    """Put the tables into docs/speed.md, and the picture beside it."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PICTURE.write_text(picture.drawn(findings), encoding="utf-8")
    picture_line = "![CPU per request, by path and by who answers](speed.svg)\n"
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{picture_line}\n{END}{after}", encoding="utf-8")
