// Figures as people say them.

const WHOLE = new Intl.NumberFormat("en");

/** `1234` → `1,234`. */
export function whole(value: number): string {
  return WHOLE.format(Math.round(value));
}

/** `1, "picture"` → `1 picture`; `2, "class", "classes"` → `2 classes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** `0.934` → `93%`; below a tenth with one digit: `0.034` → `3.4%`. Only nothing is 0%, and only all is 100%. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.05) return "< 0.1%";
  if (value < 100 && value >= 99.5) return "> 99%";
  return `${value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)}%`;
}

/** Seconds as `8 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return `${all} s`;
  const minutes = Math.floor(all / 60);
  if (minutes < 10) return all % 60 === 0 ? `${minutes} min` : `${minutes} min ${all % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as `12 kB`, `3.4 MB`. */
export function bytes(count: number): string {
  if (count < 1e6) return `${whole(count / 1e3)} kB`;
  return `${Number((count / 1e6).toFixed(1))} MB`;
}
