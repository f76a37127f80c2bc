"""docs/speed.svg: CPU per request as bars, one group for each path; readable on light and on dark."""

from html import escape

from tests.speed.findings import Findings

WIDTH, LEFT, BAR, GAP, GROUP_GAP, TOP = 760, 200, 18, 4, 30, 56
SHADES = {"app": "a", "database": "d"}
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .name { font-weight: 600 }
  .a { fill: #0969da } .d { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 }
    .a { fill: #4493f8 } .d { fill: #d29922 }
  }
"""


def drawn(findings: Findings) -> str:
    """The picture of what PostgreSQL's ground cost everyone."""
    groups: dict[str, list[dict[str, float]]] = {}
    for row in findings.costs:
        if row["backend"] == "postgres" and row["to_ours"] is not None:
            groups.setdefault(row["what"], []).append(row)
    groups = {what: rows for what, rows in groups.items() if len(rows) > 1}
    height = TOP + sum(len(rows) * (BAR + GAP) + GROUP_GAP + 14 for rows in groups.values()) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img" aria-label="CPU per request, app and database, by path and by who answers">',
        f"<style>{STYLE}</style>",
        '<text class="name" x="10" y="22">CPU per request, milliseconds, PostgreSQL</text>',
        '<rect class="a" x="10" y="34" width="12" height="12"/><text class="small" x="27" y="44">app</text>',
        '<rect class="d" x="70" y="34" width="12" height="12"/><text class="small" x="87" y="44">database</text>',
    ]
    y = TOP + 8
    for what, rows in groups.items():
        parts.append(f'<text class="name" x="10" y="{y + 4}">{escape(what)}</text>')
        y += 14
        widest = max(row["total"] for row in rows)
        for row in sorted(rows, key=lambda row: row["total"]):
            parts += _bar(row, y, (WIDTH - LEFT - 190) / widest)
            y += BAR + GAP
        y += GROUP_GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(row: dict[str, float], y: int, scale: float) -> list[str]:
    app, database = row["app"] * scale, row["database"] * scale
    said = f"{row['total']:.2f} ms, {row['to_ours']:.1f} × ours"
    return [
        f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(str(row["who"]))}</text>',
        f'<rect class="a" x="{LEFT}" y="{y}" width="{max(app, 1):.1f}" height="{BAR}" rx="2"/>',
        f'<rect class="d" x="{LEFT + max(app, 1):.1f}" y="{y}" width="{max(database, 1):.1f}" height="{BAR}" rx="2"/>',
        f'<text class="small" x="{LEFT + app + database + 10:.1f}" y="{y + 13}">{escape(said)}</text>',
    ]
