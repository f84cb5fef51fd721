/**
 * `pnpm same-bits`: the run whose bits are known, in every host that this machine has: this Node on one, two, three and eight
 * threads, Node 22, and a page in headless Chromium, with and without cross-origin isolation. Each must end with the recorded
 * hash. What is not there is skipped, and said.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { text } from "node:stream/consumers"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { knownHash, knownRun } from "@adjoint/core/testing/knownRun"
import { Effect } from "effect"

const root = join(import.meta.dirname, "..")

/** A place where the run can be done, and what says its hash. */
interface Host {
  readonly name: string
  readonly run: () => Promise<string>
}

const onPath = (...names: ReadonlyArray<string>): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file))

const node = (version: string, executable: string, threads: number): Host => ({
  name: `Node ${version}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
  run: async () => execFileSync(executable, [import.meta.filename, "--run", String(threads)], { encoding: "utf8" }).trim(),
})

/** What the page does: the run, and tells the server that it came from. */
const page = `
import { Effect } from "effect"
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { knownRun } from "@adjoint/core/testing/knownRun"
const told = Effect.gen(function* () {
  const { threads } = yield* Engine.Engine
  return { threads, isolated: crossOriginIsolated, hash: yield* knownRun }
})
const tell = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) })
Effect.runPromise(told.pipe(Effect.provide(Wasm.layer()))).then(tell, (error) => tell({ hash: String(error) }))
`

const bundle = async (): Promise<string> => {
  const { build } = await import("vite")
  const entry = "\0page"
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [{ name: "page", resolveId: (id) => (id === "page" ? entry : null), load: (id) => (id === entry ? page : null) }],
    build: { write: false, minify: false, target: "es2024", rolldownOptions: { input: "page" } },
  })
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : "output" in built ? built.output : []
  const chunk = outputs.find((output) => output.type === "chunk")
  if (chunk?.type !== "chunk") throw new Error("the page's bundle has no code")
  return chunk.code
}

const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }

interface Told {
  readonly hash: string
  readonly threads?: number
  readonly isolated?: boolean
}

/** Serves a page with this script, opens it in a browser, and waits for what it tells. */
const browse = async (browser: string, script: string, isolated: boolean): Promise<Told> => {
  const heard = Promise.withResolvers<Told>()
  const server = createServer(async (request: IncomingMessage, response) => {
    const headers = isolated ? isolation : {}
    if (request.url === "/told") heard.resolve(JSON.parse(await text(request)) as Told)
    const [type, body] =
      request.url === "/page.js"
        ? ["text/javascript", script]
        : ["text/html", `<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>`]
    response.writeHead(200, { ...headers, "Content-Type": type }).end(body)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const profile = mkdtempSync(join(tmpdir(), "adjoint-chromium-"))
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`]
  const { port } = server.address() as AddressInfo
  const running = spawn(browser, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore" })
  const exited = once(running, "exit")
  const deadline = setTimeout(() => heard.reject(new Error("the page told nothing for 60 s")), 60_000)
  try {
    return await Promise.race([heard.promise, exited.then(() => ({ hash: "the browser ended" }))])
  } finally {
    clearTimeout(deadline)
    running.kill()
    await exited
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

const browser = (executable: string): ReadonlyArray<Host> => {
  let script: Promise<string> | undefined
  return [false, true].map((isolated) => ({
    name: `${executable}, a page ${isolated ? "with" : "without"} cross-origin isolation, 1 thread`,
    run: async () => {
      script ??= bundle()
      const told = await browse(executable, await script, isolated)
      if (told.isolated !== undefined && (told.isolated !== isolated || told.threads !== 1))
        return `isolated: ${told.isolated}, threads: ${told.threads}`
      return told.hash
    },
  }))
}

const all = async (): Promise<void> => {
  const older = [join(root, "tools/node_modules/node-22/bin/node"), onPath("node22")].find(
    (file) => file !== undefined && existsSync(file),
  )
  const chromium = onPath("chromium", "chromium-browser", "google-chrome")
  const hosts = [
    ...[1, 2, 3, 8].map((threads) => node(process.version, process.execPath, threads)),
    ...(older === undefined ? [] : [1, 2, 8].map((threads) => node("22", older, threads))),
    ...(chromium === undefined ? [] : browser(chromium)),
  ]
  const failures: Array<string> = []
  for (const { name, run } of hosts) {
    const hash = await run().catch(String)
    if (hash !== knownHash) failures.push(name)
    console.log(`${hash === knownHash ? "✓" : "✗"} ${name}: ${hash}`)
  }
  if (older === undefined) console.log("– Node 22: skipped; it comes with `pnpm --dir tools install`, or as node22 on the PATH")
  if (chromium === undefined)
    console.log("– Chromium: skipped; neither chromium, chromium-browser nor google-chrome is on the PATH")
  console.log(`${hosts.length - failures.length} passed, ${failures.length} failed`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

const [mode, threads] = process.argv.slice(2)
if (mode === "--run")
  console.log(await Effect.runPromise(knownRun.pipe(Effect.provide(Wasm.layer({ threads: Number(threads) })))))
else await all()
