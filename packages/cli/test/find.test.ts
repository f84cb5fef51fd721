/** Which run a reference names. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { find } from "../src/run/Find.ts"
import { folder, run } from "./world.ts"

const runs = folder()

const command = {
  version: 1,
  file: "m.yaml",
  directory: "/",
  set: [],
  engine: "wasm",
  numerics: "portable",
  resolved: "",
  fingerprint: "",
}

const made = (reference: string, started?: string) => {
  const directory = join(runs, reference)
  mkdirSync(directory, { recursive: true })
  if (started !== undefined) writeFileSync(join(directory, "command.json"), JSON.stringify({ ...command, started }))
}

made("digits/0001", "2026-01-01T00:00:00.000Z")
made("digits/0002", "2026-03-01T00:00:00.000Z")
// Begun, and ended before it was a run.
made("digits/0003")
made("iris/0001", "2026-02-01T00:00:00.000Z")
made("iris/0007", "2026-04-01T00:00:00.000Z")
made("moons/0001", "2026-03-01T00:00:00.000Z")
writeFileSync(join(runs, "notes.txt"), "")

const found = (reference: string) =>
  Effect.runPromise(
    find(reference, runs).pipe(
      Effect.match({ onSuccess: (path) => relative(runs, path), onFailure: ({ hint, message }) => `${message}; ${hint}` }),
      Effect.provide(NodeServices.layer),
    ),
  )

describe("a run is found", () => {
  test.each([
    ["digits/0001", "digits/0001"],
    ["digits/1", "digits/0001"],
    ["7", "iris/0007"],
    [join(runs, "iris/0001"), "iris/0001"],
    [join(runs, "iris/1"), "iris/0001"],
    ["latest", "iris/0007"],
    ["digits/latest", "digits/0002"],
    ["iris/latest", "iris/0007"],
    [join(runs, "digits/latest"), "digits/0002"],
  ])("by %s", async (reference, wanted) => {
    expect(await found(reference)).toBe(wanted)
  })
})

describe("a run that is not there", () => {
  test.each([
    ["digits/0003", "there is no run digits/0003 in RUNS; there are digits/0002, digits/0001, "],
    ["digit/2", "there is no run digit/2 in RUNS; there are digits/0002, digits/0001, "],
    ["irsi/0007", "there is no run irsi/0007 in RUNS; there are iris/0007, iris/0001, "],
    ["mons/latest", "there is no run mons/latest in RUNS; there are moons/0001, "],
    ["77", "there is no run 77 in RUNS; there are digits/0002, iris/0007, moons/0001, of 5 runs"],
    ["1", "there are several runs 1; say which: digits/0001 or iris/0001 or moons/0001"],
  ])("is reported with the nearest there are: %s", async (reference, wanted) => {
    expect((await found(reference)).replace(runs, "RUNS")).toContain(wanted)
  })

  test("is answered with `train` where there are no runs", async () => {
    const none = folder()
    for (const reference of ["latest", "digits/latest", "digits/1"])
      expect(await run(["evaluate", reference, "--runs", none])).toEqual({
        code: 2,
        stdout: "",
        stderr: `error: there is no run ${reference} in ${none}\n  try: train a model first, or say where with --runs\n`,
      })
  })
})
