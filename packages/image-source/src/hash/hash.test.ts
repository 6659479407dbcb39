import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { md5 } from "./md5.ts";
import { Sha256 } from "./sha256.ts";

const text = (length: number) => Array.from({ length }, (_, i) => "aé字x"[i % 4]).join("");

test("md5 is Node's, at every length around a block's end", () => {
  expect(md5("")).toBe("d41d8cd98f00b204e9800998ecf8427e");
  for (let length = 0; length < 140; length++)
    expect(md5(text(length)), String(length)).toBe(createHash("md5").update(text(length)).digest("hex"));
});

test("Sha256 is Node's, whatever the pieces", () => {
  expect(new Sha256().digest()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 131 + 17) % 256);
  for (let step = 1; step < 200; step++) {
    const [own, reference] = [new Sha256(), createHash("sha256")];
    for (let at = 0; at < bytes.length; at += step) {
      own.update(bytes.subarray(at, at + step));
      reference.update(bytes.subarray(at, at + step));
    }
    expect(own.digest(), String(step)).toBe(reference.digest("hex"));
  }
});
