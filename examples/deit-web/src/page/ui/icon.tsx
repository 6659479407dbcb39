const PATHS = {
  add: "M12 5v14M5 12h14",
  close: "m6 6 12 12M18 6 6 18",
  folder:
    "M3 7.5V18a1.5 1.5 0 0 0 1.5 1.5h15A1.5 1.5 0 0 0 21 18V9a1.5 1.5 0 0 0-1.5-1.5H12L10 5H4.5A1.5 1.5 0 0 0 3 6.5Z",
  picture: "M4.5 4.5h15v15h-15zM4.5 16l4-4 4 4 2.5-2.5 4.5 4.5M15 9.5h.01",
  camera: "M4 8h3l1.5-2.5h7L17 8h3v11H4zM12 16.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5Z",
  flower:
    "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM12 10c-2.2-2-2.2-5.2 0-6.5 2.2 1.3 2.2 4.5 0 6.5ZM12 14c-2.2 2-2.2 5.2 0 6.5 2.2-1.3 2.2-4.5 0-6.5ZM10 12c-2-2.2-5.2-2.2-6.5 0 1.3 2.2 4.5 2.2 6.5 0ZM14 12c2-2.2 5.2-2.2 6.5 0-1.3 2.2-4.5 2.2-6.5 0Z",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  play: "M8 5.5v13l10.5-6.5z",
  stop: "M7 7h10v10H7z",
  download: "M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14",
  upload: "M12 15.5V4.5M7.5 9 12 4.5 16.5 9M5 19.5h14",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17h.01",
  check: "m5 12.5 4.5 4.5L19 7.5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6Z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z",
} as const;

/** Name of a small picture. */
export type IconName = keyof typeof PATHS;

/** A small picture beside words that say the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class={name === "play" || name === "stop" ? "icon solid" : "icon"}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
