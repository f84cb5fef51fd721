/** A page in headless Chromium: bundles a script as users' bundlers do, serves it, and waits for its one report. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { basename, delimiter, join } from "node:path"
import { text } from "node:stream/consumers"
import type { OutputAsset, OutputChunk, Plugin } from "rolldown"
import { workerProgramPlugin } from "./worker-program.ts"

const root = join(import.meta.dirname, "..")

/** The first file with one of these names in the folders of PATH. */
export const onPath = (...names: ReadonlyArray<string>): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file))

export const browserNames = ["chromium", "chromium-browser", "google-chrome"] as const

/** The modules of a page: one that sends the result of `run` of the other to the server. */
const modulesOf = (source: string): Readonly<Record<string, string>> => ({
  page: `
import { run } from "run"
const report = (result) => fetch("/report", { method: "POST", body: JSON.stringify(result) })
run().then(report, (error) => report({ error: String(error) }))
`,
  run: source,
})

/** Files by their names; the first is the script of the page, and it loads the others when it needs them. */
export type Files = ReadonlyMap<string, string>

const filesOf = (outputs: ReadonlyArray<OutputAsset | OutputChunk>): Files => {
  const chunks = outputs.filter((output) => output.type === "chunk")
  const sorted = chunks.toSorted((a, b) => Number(b.isEntry) - Number(a.isEntry))
  if (sorted.length === 0) throw new Error("the page's bundle has no code")
  return new Map(sorted.map(({ code, fileName }) => [basename(fileName), code]))
}

/** Builds a folder with an `index.html` as Vite does it for users, with these plugins. */
export const buildPage = async (
  folder: string,
  plugins: ReadonlyArray<Plugin> = [],
): Promise<{ readonly document: string; readonly files: Files }> => {
  const { build } = await import("vite")
  const built = await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    plugins: [...plugins],
    build: { write: false, target: "es2024" },
  })
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : "output" in built ? built.output : []
  const page = outputs.find(({ fileName }) => fileName === "index.html")
  if (page?.type !== "asset") throw new Error(`${folder} has no page`)
  return { document: String(page.source), files: filesOf(outputs) }
}

/** Bundles a module with its imports by Vite, from this repository's sources or from the packages installed in a folder. */
export const bundleFiles = async (source: string, folder = root): Promise<Files> => {
  const { build } = await import("vite")
  const modules = modulesOf(source)
  const built = await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    base: "./",
    plugins: [
      ...(folder === root ? [workerProgramPlugin] : []),
      {
        name: "page",
        resolveId: (id) => (Object.hasOwn(modules, id) ? `\0${id}` : null),
        load: (id) => (id.startsWith("\0") ? (modules[id.slice(1)] ?? null) : null),
      },
    ],
    build: { write: false, minify: false, target: "es2024", rolldownOptions: { input: "page" } },
  })
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : "output" in built ? built.output : []
  return filesOf(outputs)
}

/** Bundles a module with its imports into one file. */
export const bundle = async (source: string): Promise<string> => {
  const [script] = (await bundleFiles(source)).values()
  return script ?? ""
}

const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }

/** A page to open. */
export interface Page {
  /** The executable of a browser. */
  readonly browser: string
  readonly script: string
  /** Files that the page or its script load, by their names. */
  readonly files?: Files
  /** The page, if it is not one that only has the script. */
  readonly document?: string
  /** Whether it is cross-origin isolated. */
  readonly isolated: boolean
  /** Whether the script runs in a worker of the page instead of its main thread. */
  readonly inWorker?: boolean
  /** Additional headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** The query of the script's URL, `?threads=2`. */
  readonly search?: string
}

const html = ({ document, inWorker = false, search = "" }: Page): string => {
  if (document !== undefined) return document
  const [start, path] = ["<!doctype html><meta charset=utf-8><script type=module", `/page.js${search}`]
  return inWorker ? `${start}>new Worker("${path}", { type: "module" })</script>` : `${start} src="${path}"></script>`
}

/** Serves a page, opens it, and returns its report. */
export const browse = async (page: Page): Promise<unknown> => {
  const { browser, files, headers = {}, isolated, script } = page
  const report = Promise.withResolvers<unknown>()
  const server = createServer(async (request, response) => {
    if (request.url === "/report") report.resolve(JSON.parse(await text(request)))
    const isScript = request.url?.startsWith("/page.js") === true
    const file = isScript ? script : files?.get(basename(request.url ?? ""))
    const [type, body] = file === undefined ? ["text/html", html(page)] : ["text/javascript", file]
    response.writeHead(200, { ...(isolated ? isolation : {}), ...headers, "Content-Type": type }).end(body)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const profile = mkdtempSync(join(tmpdir(), "adjoint-chromium-"))
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`]
  const { port } = server.address() as AddressInfo
  const running = spawn(browser, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore" })
  const exited = once(running, "exit")
  const deadline = setTimeout(() => report.reject(new Error("the page sent no report within 60 s")), 60_000)
  try {
    return await Promise.race([report.promise, exited.then(() => ({ error: "the browser ended" }))])
  } finally {
    clearTimeout(deadline)
    running.kill()
    await exited
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
