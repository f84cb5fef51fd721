/** A page in headless Chromium: bundles a script as users' bundlers do, serves it, and waits for its one report. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { text } from "node:stream/consumers"

const root = join(import.meta.dirname, "..")

/** The first file with one of these names in the folders of PATH. */
export const onPath = (...names: ReadonlyArray<string>): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file))

export const browserNames = ["chromium", "chromium-browser", "google-chrome"] as const

/** Bundles a module with its imports into one file, which sends the result of the module's `run` to the server. */
export const bundle = async (source: string): Promise<string> => {
  const { build } = await import("vite")
  const modules: Readonly<Record<string, string>> = {
    page: `
import { run } from "run"
const report = (result) => fetch("/report", { method: "POST", body: JSON.stringify(result) })
run().then(report, (error) => report({ error: String(error) }))
`,
    run: source,
  }
  const built = await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "page",
        resolveId: (id) => (Object.hasOwn(modules, id) ? `\0${id}` : null),
        load: (id) => (id.startsWith("\0") ? (modules[id.slice(1)] ?? null) : null),
      },
    ],
    build: { write: false, minify: false, target: "es2024", rolldownOptions: { input: "page" } },
  })
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : "output" in built ? built.output : []
  const chunk = outputs.find((output) => output.type === "chunk")
  if (chunk?.type !== "chunk") throw new Error("the page's bundle has no code")
  return chunk.code
}

const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }

/** A page to open. */
export interface Page {
  /** The executable of a browser. */
  readonly browser: string
  readonly script: string
  /** Whether it is cross-origin isolated. */
  readonly isolated: boolean
  /** Whether the script runs in a worker of the page instead of its main thread. */
  readonly inWorker?: boolean
  /** Additional headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** The query of the script's URL, `?threads=2`. */
  readonly search?: string
}

const html = ({ inWorker = false, search = "" }: Page): string => {
  const [start, path] = ["<!doctype html><meta charset=utf-8><script type=module", `/page.js${search}`]
  return inWorker ? `${start}>new Worker("${path}", { type: "module" })</script>` : `${start} src="${path}"></script>`
}

/** Serves a page, opens it, and returns its report. */
export const browse = async (page: Page): Promise<unknown> => {
  const { browser, headers = {}, isolated, script } = page
  const report = Promise.withResolvers<unknown>()
  const server = createServer(async (request, response) => {
    if (request.url === "/report") report.resolve(JSON.parse(await text(request)))
    const isScript = request.url?.startsWith("/page.js") === true
    const [type, body] = isScript ? ["text/javascript", script] : ["text/html", html(page)]
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
