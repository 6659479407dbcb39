import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { emptyFolder, parity, readEvents, readRecords } from "test-kit";
import { beforeEach, describe, expect, test } from "vitest";
import torch from "../fixtures/torch-events.json" with { type: "json" };
import { restartEvent, summaryEvent, versionEvent } from "./event.ts";
import { AppendFile, EventFile, image, scalar, text } from "./index.ts";
import { record } from "./record.ts";
import { pngImage } from "./summary.ts";

const TORCH_WRITER = "tensorboard.summary.writer.event_file_writer";

let folder: string;
beforeEach(async () => {
  folder = await emptyFolder();
});

/** How many bytes differ; all of them if the lengths do. */
function differingBytes(actual: Buffer, expected: Buffer): number {
  if (actual.length !== expected.length) return expected.length;
  return expected.reduce((count, byte, i) => count + (byte === actual[i] ? 0 : 1), 0);
}

function events(files: readonly string[]) {
  return files.flatMap((name) => readEvents(readFileSync(join(folder, name))));
}

describe("the bytes", () => {
  test("of scalars, text and pictures are torch.utils.tensorboard's", () => {
    const expected = Buffer.from(torch.first, "base64");
    const [tag, markdown, step] = torch.text as [string, string, number];
    const png = readEvents(expected).at(-1)!.values.picture as Buffer; // what PIL made of the pixels
    const made = [
      versionEvent(torch.start, TORCH_WRITER),
      ...torch.scalars.map(([name, value, at], i) =>
        summaryEvent(torch.start + i, at as number, [scalar(name as string, Number(value))]),
      ),
      summaryEvent(torch.start, step, [text(`${tag}/text_summary`, markdown)]),
      summaryEvent(torch.start, 8, [pngImage("picture", png, { width: 2, height: 3, channels: 3 })]),
    ];
    parity({
      item: "event file: scalars, text, a picture: bytes that differ",
      ...{ reference: "torch.utils.tensorboard", version: "2.15.0, tensorboard 2.21.0" },
      ...{ backend: "none", tolerance: 0 },
      measured: differingBytes(Buffer.concat(made.map(record)), expected),
    });
  });

  test("of a resumed run are torch's with purge_step, except its second version event", () => {
    const [version, secondVersion, ...rest] = readRecords(Buffer.from(torch.restarted, "base64"));
    expect(secondVersion!.includes("brain.Event:2")).toBe(true);
    const made = [
      versionEvent(torch.start, TORCH_WRITER),
      restartEvent(torch.start, 4),
      summaryEvent(torch.start, 4, [scalar("loss", 0.5)]),
    ];
    expect(made.map((data) => Buffer.from(data).toString("hex"))).toEqual(
      [version!, ...rest].map((data) => data.toString("hex")),
    );
  });
});

describe("a folder", () => {
  test("gets a file of one run, whose events come back", () => {
    const file = new EventFile(folder, { now: () => 1_700_000_000_500 });
    const pixels = { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) } as const;
    file.add(0, [text("settings", "größe **2**")]);
    file.add(3, [scalar("loss", 0.5), scalar("rate", Number.NaN), image("x", pixels)]);
    file.flush();
    const names = readdirSync(folder);
    expect(names).toEqual([expect.stringMatching(/^events\.out\.tfevents\.1700000000\.[^/]+\.\d+\.0$/)]);
    expect(file.path).toBe(join(folder, names[0]!));
    expect(events(names)).toEqual([
      { seconds: 1_700_000_000.5, step: 0, version: "brain.Event:2", isStart: false, values: {} },
      { seconds: 1_700_000_000.5, step: 0, isStart: false, values: { settings: "größe **2**" } },
      {
        ...{ seconds: 1_700_000_000.5, step: 3, isStart: false },
        values: { loss: 0.5, rate: Number.NaN, x: expect.any(Buffer) },
      },
    ]);
  });

  test("gets another file when the run goes on, which sorts after the earlier ones at once", () => {
    const now = () => 1_700_000_000_000;
    for (const restartAt of [1, 4, 2]) {
      const file = new EventFile(folder, { now, restartAt });
      file.add(restartAt, [scalar("loss", 1)]);
      file.flush();
    }
    const names = readdirSync(folder).sort();
    expect(events(names).map(({ step, isStart }) => [step, isStart])).toEqual([
      ...[
        [0, false],
        [1, false],
      ], // the first file
      ...[
        [0, false],
        [4, true],
        [4, false],
      ], // a version, the restart, its step
      ...[
        [0, false],
        [2, true],
        [2, false],
      ],
    ]);
  });

  test("is made, and a step that is none is refused", () => {
    const file = new EventFile(join(folder, "a", "b"));
    for (const step of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => file.add(step, [])).toThrow(`EventFile: step must be an integer >= 0, got ${step}`);
    }
    expect(() => new EventFile(folder, { restartat: 1 } as never)).toThrow(
      "EventFile: unknown option 'restartat'; did you mean 'restartAt'?",
    );
    expect(() => new EventFile(folder, { restartAt: -1 })).toThrow(
      "restartAt must be an integer >= 0, got -1",
    );
    file.flush();
    expect(readdirSync(folder)).toEqual(["a"]);
  });
});

describe("a file that grows", () => {
  test("goes on after what it holds, and holds nothing before a flush", () => {
    const path = join(folder, "log");
    writeFileSync(path, "one\n");
    const file = new AppendFile(path);
    file.append(Buffer.from("two\n"));
    expect(readFileSync(path, "utf8")).toBe("one\n");
    expect(file.pending).toBe(1);
    file.flush({ toDisk: true });
    expect(file.pending).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    expect(() => new AppendFile(path, { isNew: true })).toThrow(/EEXIST/);
  });

  test.runIf(process.platform === "linux")("keeps what a full disk does not take", () => {
    const path = join(folder, "full");
    symlinkSync("/dev/full", path);
    const file = new AppendFile(path);
    file.append(Buffer.from("x"));
    for (const _ of [1, 2]) {
      expect(() => file.flush()).toThrow(/ENOSPC/);
      expect(file.pending).toBe(1);
    }
  });

  // A limit of the file's size: the system writes what fits, then refuses, as a disk does that is almost full.
  test.runIf(process.platform === "linux")("leaves no part of a piece that does not fit", () => {
    const path = join(folder, "limited");
    const program = `
      const { AppendFile } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, "append-file.ts")).href)});
      const file = new AppendFile(${JSON.stringify(path)});
      file.append(Buffer.alloc(700, "a"));
      file.flush();
      file.append(Buffer.alloc(700, "b"));
      try { file.flush(); } catch (error) { console.log(error.code, file.pending); }`;
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
    const node = [
      process.execPath,
      "--conditions=@deit/source",
      "--import",
      tsx,
      "--input-type=module",
      "-e",
      program,
    ];
    const script = 'trap "" XFSZ; ulimit -f 1; exec "$@"'; // 1 KiB
    const printed = execFileSync("bash", ["-c", script, "bash", ...node], { encoding: "utf8" });
    expect(printed).toBe("EFBIG 1\n");
    expect(readFileSync(path, "utf8")).toBe("a".repeat(700));
  });
});
