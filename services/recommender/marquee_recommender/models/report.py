"""A model's report: one HTML page with everything the registry knows, plots and tables.

The page holds its style and its plots and loads nothing; every value is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from marquee_recommender.models.drift import THRESHOLD
from marquee_recommender.models.plots import Point, bars, line, number

ACCURACY = ("ndcg", "recall", "recall_capped")
BEYOND = {
    "coverage": "Share of the catalog that is in anybody's list.",
    "novelty": "Mean self-information of what is listed, in bits: higher is less obvious.",
    "diversity": "Mean unlikeness of the films of a list, 0 to 1.",
    "popularity_bias": "How popular a list is against its member's own films; 1 is as they are.",
    "calibration": "How far a list's genres are from its member's own; 0 is best.",
}
RANKED_BY = ("ndcg@20", "ndcg@10")
TRIALS_SHOWN = 200
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b1f24;background:#fff}h1{margin-bottom:0}h2{margin-top:2.5rem}
table{border-collapse:collapse;width:100%}td,th{padding:.25rem .6rem;text-align:left;
border-bottom:1px solid #d8dde3}td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{width:100%;max-width:44rem;height:auto;font:12px system-ui,sans-serif}text{fill:#1b1f24}
.quiet{fill:#59636e;color:#59636e}.bar{fill:#9db8d9}.marked{fill:#2f6fb3}
.whisker{stroke:#1b1f24;stroke-width:1.5}.band{fill:#2f6fb3;opacity:.18}
.curve{fill:none;stroke:#2f6fb3;stroke-width:2}.dot{fill:#2f6fb3}
.bad{color:#b3261e;font-weight:600}code{font-size:90%}
"""


def render(model: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of a registry row (by column) and of what its tuning tried."""
    metrics = model["metrics"]
    sections = [
        _head(model),
        _gate(model["gate"]),
        *(_accuracy(metrics) if metrics else [_paragraph("This model has not been evaluated.")]),
        _drift(model["drift"]),
        _parameters(model["parameters"]),
        _trials(trials),
    ]
    title = escape(f"Model {model['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(sections)}</body></html>"
    )


def _paragraph(words: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(words)}</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    titles = "".join(f"<th>{escape(word)}</th>" for word in head)
    lines = (
        "<tr>"
        + "".join(
            f'<td class="n">{number(cell)}</td>'
            if isinstance(cell, float)
            else f"<td>{escape(str(cell))}</td>"
            for cell in row
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _head(model: Mapping[str, Any]) -> str:
    data = model["data"]
    state = "ranks now" if model["active"] else "does not rank"
    facts = [
        ("state", state),
        ("engine", model["engine"]),
        ("code", model["code_version"]),
        ("trained", f"{model['created_at']:%Y-%m-%d %H:%M} UTC"),
        ("interactions", f"{data['interactions']:,}"),
        ("members", f"{data['users']:,}"),
        ("films", f"{data['items']:,}"),
        ("bytes", f"{model['bytes']:,}"),
        ("checksum", model["checksum"]),
    ]
    return f"<h1>Model {escape(model['version'])}</h1>" + _table(("", ""), facts)


def _gate(gate: Mapping[str, Any]) -> str:
    if not gate:
        return ""
    rows = [
        (
            finding["metric"],
            finding["against"],
            float(finding["reference"]),
            float(finding["value"]),
            "holds" if finding["holds"] else "does not hold",
        )
        for finding in gate["findings"]
    ]
    words = f"Decision: {gate['decision']} (asked for: {gate['activation']})."
    table = _table(("metric", "against", "reached there", "here", ""), rows) if rows else ""
    return "<h2>After the training</h2>" + _paragraph(words) + table


def _accuracy(metrics: Mapping[str, Any]) -> list[str]:
    measured: Mapping[str, Any] = metrics["metrics"]
    found = [
        "<h2>Accuracy</h2>",
        _paragraph(
            f"{metrics['cases']:,} members, split {metrics.get('split', 'as given')}; each film "
            "hidden from the training is looked for among all the others. Whiskers and bands are "
            "95 % intervals over members.",
            "quiet",
        ),
        bars(
            "Accuracy of the blend",
            [
                Point.of(name, value)
                for name, value in measured.items()
                if name.split("@")[0] in ACCURACY
            ],
        ),
    ]
    by = next((name for name in RANKED_BY if name in measured), None)
    if by and metrics.get("rankers"):
        ranked = sorted(metrics["rankers"].items(), key=lambda ranker: -ranker[1][by]["value"])
        found += [
            f"<h3>{escape(by)} of the blend and of each ranker alone</h3>",
            bars(by, [Point.of(name, each[by]) for name, each in ranked], marked="blend"),
        ]
    curve = metrics.get("cold_start")
    if curve:
        found += [
            "<h2>Cold start</h2>",
            line(
                "nDCG@20 by films known",
                [Point.of(length, value) for length, value in curve.items()],
                across="films a new member has rated",
            ),
        ]
    found.append("<h2>Beyond accuracy</h2>")
    for name, meaning in BEYOND.items():
        point = next((key for key in measured if key.split("@")[0] == name), None)
        if point:
            found += [bars(name, [Point.of(point, measured[point])]), _paragraph(meaning, "quiet")]
    return found


def _drift(drift: Mapping[str, Any]) -> str:
    if not drift:
        return "<h2>Drift</h2>" + _paragraph("Too little has happened since to tell.", "quiet")
    index: Mapping[str, float] = drift["psi"]
    points = [Point(name, value, value, value) for name, value in index.items()]
    moved = [name for name, value in index.items() if value >= THRESHOLD]
    words = (
        f"Moved away from the training: {', '.join(moved)}."
        if moved
        else f"No distribution has reached {THRESHOLD}."
    )
    return (
        "<h2>Drift</h2>"
        + bars("population stability index", points)
        + _paragraph(words, "bad" if moved else "")
        + _paragraph(f"Measured {drift['at']} on {drift['interactions']:,} interactions.", "quiet")
    )


def _parameters(parameters: Mapping[str, Any]) -> str:
    return "<h2>Parameters</h2>" + _table(("dial", "setting"), sorted(parameters.items()))


def _trials(trials: Sequence[Mapping[str, Any]]) -> str:
    if not trials:
        return ""
    rows = [
        (trial["stage"], trial["settings"], float(trial["objective"]), float(trial["seconds"]))
        for trial in trials[:TRIALS_SHOWN]
    ]
    words = f"{len(trials)} settings were tried on validation members."
    return (
        "<h2>Tuning</h2>"
        + _paragraph(words)
        + _table(("stage", "settings", "objective", "seconds"), rows)
    )
