/** How the page looks. Its colours keep apart for colour-blind eyes (Okabe and Ito, 2008), light and dark. */
export const STYLE = `
:root {
  --ground: #f6f7f9; --card: #ffffff; --ink: #1b2330; --soft: #5b6675; --line: #e2e6ec;
  --dot: #6b7a8f; --band: #dbe7f5; --large: #c2410c; --small: #0369a1; --burst: #a21caf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151c; --card: #18202a; --ink: #e6ebf2; --soft: #98a5b5; --line: #2a3542;
    --dot: #8797ab; --band: #21344a; --large: #fb923c; --small: #56b4e9; --burst: #e879f9;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 1020px; margin: 0 auto; padding: 40px 20px 60px; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.02em; }
h2 { margin: 0 0 12px; font-size: 17px; }
p { margin: 0; }
.period { color: var(--soft); font-size: 13px; margin-bottom: 4px; }
.lead { margin-top: 8px; font-size: 17px; }
.note { margin-top: 8px; color: var(--large); }
section, details {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 20px; margin-top: 20px;
}
section.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 1px;
  padding: 0; overflow: hidden; background: var(--line);
}
.tile { background: var(--card); padding: 16px 20px; }
.tile b { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; }
.tile.hot b { color: var(--large); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; color: var(--soft); font-size: 13px; margin-bottom: 10px; }
.legend svg, .kind svg { width: 13px; height: 13px; margin-right: 6px; vertical-align: -1px; overflow: visible; }
.scroll > svg { display: block; width: 100%; min-width: 640px; height: auto; }
.dots, .ordinary { fill: var(--dot); fill-opacity: 0.5; }
.band { fill: var(--band); fill-opacity: 0.75; }
.grid { stroke: var(--line); fill: none; }
.tick { fill: var(--soft); font-size: 11.5px; font-weight: 400; }
.name { fill: var(--ink); font-size: 13.5px; font-weight: 600; }
.large, .small, .burst { stroke: var(--card); stroke-width: 1; }
.large { fill: var(--large); }
.small { fill: var(--small); }
.burst { fill: var(--burst); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; padding-right: 0; }
.when { color: var(--soft); }
summary { cursor: pointer; font-weight: 600; }
details table { margin-top: 12px; font-size: 13px; }
footer { margin-top: 20px; color: var(--soft); font-size: 13px; }
a { color: inherit; }
@media print { body { background: none; } section, details { break-inside: avoid; } }
`
