/** A scale of colors with its ends named. */
export function Legend({ gradient, from, to }: { gradient: string; from: string; to: string }) {
  return (
    <div class="scale">
      <div class="scale-bar" style={{ backgroundImage: gradient }} />
      <span>{from}</span>
      <span>{to}</span>
    </div>
  );
}
