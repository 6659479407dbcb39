export { crc32c, masked } from "./crc32c.ts";
