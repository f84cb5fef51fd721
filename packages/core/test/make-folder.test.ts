/** Folders are made with those above them, also where Node's own recursion never ends. */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { expect, onTestFinished, test } from "vitest"
import * as Scratch from "../src/data/Scratch.ts"
import { makeFolder } from "../src/training/makeFolder.ts"

const made = (folder: string) => Effect.runPromise(makeFolder(folder).pipe(Effect.provide(NodeServices.layer)))

test("a folder is made with those above it, once or by several at a time", async () => {
  const place = mkdtempSync(join(tmpdir(), "make-folder-"))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const folder = join(place, "a", "b", "c")
  await Promise.all([made(folder), made(folder), made(join(place, "a"))])
  expect(statSync(folder).isDirectory()).toBe(true)
  await made(folder)
})

test.runIf(process.platform === "linux")("a folder that the system makes for nobody is refused at once", async () => {
  await expect(made("/proc/adjoint/b/c")).rejects.toMatchObject({ _tag: "PlatformError" })
  const failed = Effect.runSync(Effect.flip(Effect.scoped(Scratch.make("/proc/adjoint/b/c"))))
  expect(failed).toMatchObject({ _tag: "ScratchError", folder: "/proc/adjoint/b/c" })
})
