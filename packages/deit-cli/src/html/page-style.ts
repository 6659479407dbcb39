/** Style of the pages, for phones and wide screens, light and dark. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --text: #1d2430; --muted: #667080; --line: #d9dee6; --page: #fbfbfa; --card: #fff;
  --teacher: #8a6d1d; --alone: #7a8797; --answers: #3f6fb5; --distilled: #c2416b; --right: #2e8b57; --wrong: #d0562f; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --muted: #98a3b3; --line: #333b47; --page: #14171c;
  --card: #1b2027; --teacher: #d9b44a; --alone: #9aa8ba; --answers: #7fb0f0; --distilled: #f0779d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
a { color: inherit; }
.note, .tick, dt { color: var(--muted); font-size: .875rem; }
.scroll { overflow-x: auto; } .scroll tr > :first-child { position: sticky; left: 0; background: var(--card); }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); }
th, td { padding: .5rem .75rem; text-align: right; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; white-space: nowrap; } tr:last-child > * { border-bottom: 0; }
thead th { font-weight: 600; font-size: .875rem; } .groups th { text-align: center; } tbody th { font-weight: 600; }
.dot { display: inline-block; width: .65em; height: .65em; border-radius: 50%; margin-right: .5em; background: currentColor; }
.dot.teacher { background: var(--teacher); } .dot.alone { background: var(--alone); } .dot.answers { background: var(--answers); } .dot.distilled { background: var(--distilled); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1rem; margin-top: 1.5rem; }
figure { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); }
figcaption { font-weight: 600; margin-bottom: .5rem; }
figure > svg { width: 100%; height: auto; display: block; overflow: visible; }
.grid { stroke: var(--line); } .tick { fill: var(--muted); font-size: 12px; }
.curve { vector-effect: non-scaling-stroke; fill: none; stroke: currentColor; stroke-width: 2.25; stroke-linejoin: round; }
.curve.dashed { stroke-dasharray: 4 4; stroke-width: 1.5; opacity: .8; }
.curve.teacher { stroke: var(--teacher); } .curve.alone { stroke: var(--alone); } .curve.answers { stroke: var(--answers); } .curve.distilled { stroke: var(--distilled); }
.legend { list-style: none; margin: .5rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .875rem; }
caption { font-weight: 600; text-align: left; padding: .5rem 0; caption-side: top; }
.confusions { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 1rem; }
.confusion th, .confusion td { padding: .35rem .5rem; font-size: .875rem; text-align: center; }
.confusion tbody th { text-align: left; font-weight: 400; } .confusion thead th { font-weight: 400; vertical-align: bottom; }
.confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.cell.right { background: color-mix(in srgb, var(--right) calc(var(--share) * 55%), transparent); }
.cell.wrong { background: color-mix(in srgb, var(--wrong) calc(var(--share) * 90%), transparent); }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: .75rem; }
.gallery.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
.gallery figure { padding: .5rem; } .gallery figcaption { font-weight: 400; font-size: .875rem; margin: .35rem 0 0; overflow-wrap: anywhere; }
.gallery img { width: 100%; height: auto; display: block; }
@media (max-width: 520px) { th, td { padding: .4rem .35rem; font-size: .8125rem; } thead th { font-size: .75rem; }
  th:first-child { white-space: normal; min-width: 6.5em; } .tick { font-size: 20px; } .tick.axis { transform: translateY(8px); } figure > svg { margin-bottom: .75rem; } }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: .25rem 1rem; margin: 0; }
dl > div { border-bottom: 1px solid var(--line); padding: .15rem 0; overflow-wrap: anywhere; }
dd { margin: 0; }
`;
