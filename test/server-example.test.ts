/** examples/server.ts as a process of its own: it answers while it trains, keeps the best model on disk, and serves it after a restart. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, afterEach, expect, test } from "vitest"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "adjoint-server-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const servers = new Set<ChildProcess>()
afterEach(() => {
  for (const server of servers) server.kill("SIGKILL")
})

/** A server that has printed a line, and its lines. */
const start = async (asked = "0") => {
  const server = spawn(process.execPath, [join(root, "examples/server.ts"), folder, asked], { stdio: ["ignore", "pipe", "pipe"] })
  servers.add(server)
  let said = ""
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text))
  const until = async (line: RegExp): Promise<RegExpExecArray> => {
    for (let found = line.exec(said); ; found = line.exec(said)) {
      if (found !== null) return found
      if (server.exitCode !== null) throw new Error(`the server ended: ${said}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }
  const [, port] = await until(/listening on (\d+)/)
  const predict = async (body: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/predict`, { method: "POST", body })
    return { status: response.status, text: await response.text() }
  }
  return { server, port, until, predict, said: () => said }
}

/** Images of the validation rows and their labels, from the bytes of the files. */
const rows = (count: number) => {
  const [images, labels] = ["digits-images", "digits-labels"].map((name) =>
    gunzipSync(readFileSync(join(root, `examples/data/${name}.idx.gz`))),
  ) as [Buffer, Buffer]
  const at = (i: number) => [...images.subarray(16 + 64 * i, 16 + 64 * (i + 1))]
  return Array.from({ length: count }, (_, i) => ({ image: at(1400 + i), label: labels[8 + 1400 + i] }))
}

test("a server answers while it trains, and after a restart with the model on disk", { timeout: 120_000 }, async () => {
  const asked = rows(60)
  const body = JSON.stringify(asked.map(({ image }) => image))
  const first = await start()
  expect(first.said()).toContain(`no model in ${folder} yet`)
  await first.until(/serving epoch 2: /)
  const answers = JSON.parse((await first.predict(body)).text)
  expect(answers).toHaveLength(60)
  expect(first.said()).not.toContain("trained")
  expect(await first.predict("[[1, 2]]")).toMatchObject({ status: 400, text: expect.stringContaining("[-1, 8, 8, 1]") })
  await first.until(/^trained$/m)
  const { text } = await first.predict(body)
  const right = asked.filter(({ label }, i) => JSON.parse(text)[i] === label).length
  expect(right).toBeGreaterThan(50)
  const ended = once(first.server, "exit")
  first.server.kill("SIGINT")
  await ended
  const best = [...first.said().matchAll(/^serving epoch .*$/gm)].at(-1)?.[0]
  const second = await start()
  expect(second.said().split("\n")[0]).toBe(best)
  expect((await second.predict(body)).text).toBe(text)
  for (const wrong of ["{}", "null", '[["a"]]', "[[null]]"])
    expect(await second.predict(wrong)).toMatchObject({ status: 400, text: expect.stringContaining("it wants numbers, not ") })
  await expect(start(second.port)).rejects.toThrow("EADDRINUSE")
})

test("a damaged file ends it before it trains over what it has learned", { timeout: 60_000 }, async () => {
  const best = readFileSync(join(folder, "best/weights.safetensors"))
  writeFileSync(join(folder, "last/optimizer.safetensors"), "damaged")
  await expect(start()).rejects.toThrow(/CheckpointError: .*last.* got /)
  expect(readFileSync(join(folder, "best/weights.safetensors")).equals(best)).toBe(true)
})

test("its page quotes it", () => {
  expect(readFileSync(join(root, "docs/in-a-server.md"), "utf8")).toContain(
    readFileSync(join(root, "examples/server.ts"), "utf8").trim(),
  )
})
