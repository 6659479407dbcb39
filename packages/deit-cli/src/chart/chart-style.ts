/** Style of charts; colors come from the page. */
export const CHART_STYLE = `
.grid { stroke: var(--line); } .tick { fill: var(--muted); font-size: 12px; }
.curve { vector-effect: non-scaling-stroke; fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.curve.faint { stroke-width: 1.25; opacity: .45; } .curve.dashed { stroke-dasharray: 5 4; stroke-width: 1.75; }
.band { opacity: .16; fill: currentColor; } .mark { fill: currentColor; } .label { font-size: 13px; font-weight: 600; fill: currentColor; }
.leader { fill: none; stroke: currentColor; opacity: .6; }
`;
