"""The page of the report, for jinja2 with autoescape; the only elements and attributes that a report has."""

from __future__ import annotations

from typing import Final

PAGE: Final = """\
<!DOCTYPE html>
<html lang="{{ report.lang }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ csp }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{ report.title }} {{ report.station }}</title>
<style>
:root { color-scheme: light dark; --line: #c9d3cc; --soft: #eef3ef; --ink: #17231b; --lead: #0a7a3c; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a463e; --soft: #1f2922; --ink: #e6ece8; --lead: #5fce8f; --bad: #ff8a80; }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; color: var(--lead); border-bottom: 2px solid var(--lead); }
p.station { font-size: 1.1rem; margin: .2rem 0; }
p.confidential { color: var(--bad); margin: .2rem 0 1rem; }
ol.contents { columns: 2; padding-left: 1.4rem; }
a { color: var(--lead); }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
caption, figcaption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
td, tbody th { overflow-wrap: anywhere; }
thead th { background: var(--soft); }
tbody th { font-weight: 500; width: 34%; }
td.ko { color: var(--bad); font-weight: 700; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; font: 12.5px/1.35 ui-monospace, monospace; }
figure { margin: .8rem 0; }
svg { width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); }
.axis { stroke: var(--line); stroke-width: 1; }
.curve { fill: none; stroke: var(--lead); stroke-width: 2; }
.span { fill: var(--lead); opacity: .35; }
.mean { stroke: var(--lead); stroke-width: 3; }
p.closing { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .6rem; }
@media print { body { max-width: none; margin: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
</style>
</head>
<body>
<h1>{{ report.title }}</h1>
<p class="station">{{ report.station }}</p>
<p class="confidential">{{ confidential }}</p>
<ol class="contents">
{% for section in report.sections %}
<li><a href="#s{{ loop.index }}">{{ section.title }}</a></li>
{% endfor %}
</ol>
{% for section in report.sections %}
<section id="s{{ loop.index }}">
<h2>{{ loop.index }} {{ section.title }}</h2>
{% for part in section.parts %}
{% if kind(part) == "Table" %}
<table>
{% if part.title %}
<caption>{{ part.title }}</caption>
{% endif %}
{% if part.rows %}
<thead><tr>{% for cell in part.head %}<th scope="col">{{ cell }}</th>{% endfor %}</tr></thead>
{% endif %}
<tbody>
{% for row in part.rows %}
<tr>
{% for cell in row %}
{% if loop.index <= part.labels %}
<th scope="row">{{ cell }}</th>
{% else %}
<td{% if cell == "KO" %} class="ko"{% endif %}>{{ cell }}</td>
{% endif %}
{% endfor %}
</tr>
{% else %}
<tr><td>{{ part.empty }}</td></tr>
{% endfor %}
</tbody>
</table>
{% elif kind(part) == "Listing" %}
<figure>
<figcaption>{{ part.title }}</figcaption>
<pre>
{% for line in part.lines %}
{{ line }}
{% endfor %}
</pre>
</figure>
{% elif kind(part) == "Curve" %}
{% set drawn = curve(part) %}
<figure>
<figcaption>{{ part.title }}</figcaption>
<svg viewBox="0 -14 {{ drawn.wide }} {{ drawn.high + 30 }}" role="img" aria-label="{{ part.title }}">
<line class="axis" x1="0" y1="{{ drawn.high }}" x2="{{ drawn.wide }}" y2="{{ drawn.high }}"></line>
{% for piece in drawn.pieces %}
<polyline class="curve" points="{{ piece }}"></polyline>
{% endfor %}
<text x="0" y="-3">{{ drawn.most }}</text>
<text x="0" y="{{ drawn.high + 13 }}">{{ drawn.from }}</text>
<text x="{{ drawn.wide }}" y="{{ drawn.high + 13 }}" text-anchor="end">{{ drawn.until }}</text>
</svg>
</figure>
{% elif kind(part) == "Plateaus" %}
{% set drawn = plateaus(part) %}
<figure>
<figcaption>{{ part.title }}</figcaption>
<svg viewBox="-14 -16 {{ drawn.wide + 28 }} 62" role="img" aria-label="{{ part.title }}">
<line class="axis" x1="0" y1="26" x2="{{ drawn.wide }}" y2="26"></line>
{% for mark in drawn.marks %}
<line class="axis" x1="{{ mark.at }}" y1="0" x2="{{ mark.at }}" y2="30"></line>
<text x="{{ mark.at }}" y="42" text-anchor="middle">{{ mark.text }}</text>
{% endfor %}
{% for bar in drawn.bars %}
<rect class="span" x="{{ bar.left }}" y="4" width="{{ bar.wide }}" height="18"></rect>
<line class="mean" x1="{{ bar.mean }}" y1="2" x2="{{ bar.mean }}" y2="24"></line>
<text x="{{ bar.mean }}" y="-4" text-anchor="middle">{{ bar.text }}</text>
{% endfor %}
</svg>
</figure>
{% endif %}
{% endfor %}
</section>
{% endfor %}
<p class="closing">{{ report.closing }}</p>
</body>
</html>
"""
