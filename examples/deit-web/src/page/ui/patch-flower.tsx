const SIDE = 14;

/** Middles of five petals, from the middle of the flower. */
const PETALS = Array.from({ length: 5 }, (_, petal) => {
  const angle = (petal / 5) * 2 * Math.PI - Math.PI / 2;
  return { x: 4 * Math.cos(angle), y: 4 * Math.sin(angle) };
});

/** Strength of a patch, in [0, 1], as a model that looks at a flower might see it. */
function strength(row: number, column: number): { value: number; middle: boolean } {
  const x = column - (SIDE - 1) / 2;
  const y = row - (SIDE - 1) / 2;
  const middle = Math.hypot(x, y) < 1.9;
  const nearest = Math.min(...PETALS.map((petal) => Math.hypot(x - petal.x, y - petal.y)));
  return { value: middle ? 1 : Math.max(0, Math.min(1, (3.1 - nearest) / 1.5)), middle };
}

/** A flower of patches, which are what a vision transformer sees pictures as; `appears` patch by patch. Decorative. */
export function PatchFlower({ appears = false }: { appears?: boolean }) {
  const cells = Array.from({ length: SIDE * SIDE }, (_, index) => {
    const row = Math.floor(index / SIDE);
    const column = index % SIDE;
    const { value, middle } = strength(row, column);
    const delay = 30 * Math.round(Math.hypot(row - (SIDE - 1) / 2, column - (SIDE - 1) / 2));
    return (
      <rect
        key={index}
        class={middle ? "middle" : "petal"}
        x={column + 0.06}
        y={row + 0.06}
        width={0.88}
        height={0.88}
        rx={0.1}
        opacity={Number((0.06 + 0.94 * value).toFixed(2))}
        style={appears ? { animationDelay: `${delay}ms` } : undefined}
      />
    );
  });
  return (
    <svg
      class={appears ? "patch-flower appears" : "patch-flower"}
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      aria-hidden="true"
    >
      {cells}
    </svg>
  );
}
