export { AppendFile, type AppendFileOptions, type FlushOptions } from "./append-file.ts";
export { EventFile, type EventFileOptions } from "./event-file.ts";
export { encodePng, type Pixels } from "./png.ts";
export { image, type SummaryValue, scalar, text } from "./summary.ts";
