/** A page in headless Chromium, driven by the DevTools protocol: what it requests, how it looks, and what a script finds in it. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

type Json = { readonly [key: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null

/** The address of the browser, which it prints when it listens. */
const addressOf = (browser: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let printed = ""
    browser.stderr?.on("data", (chunk: Buffer) => {
      printed += chunk.toString()
      const [, address] = /DevTools listening on (ws:\/\/\S+)/.exec(printed) ?? []
      if (address !== undefined) resolve(address)
    })
    browser.once("exit", () => reject(new Error(`the browser ended: ${printed}`)))
  })

/** A page that is open. */
export interface Tab {
  /** Opens an address and waits until it is loaded. */
  readonly open: (url: string) => Promise<void>
  /** The addresses that were requested since the last page was opened, that of the page itself among them. */
  readonly requests: () => ReadonlyArray<string>
  /** What the page reported as errors, such as content that its policy refuses. */
  readonly complaints: () => ReadonlyArray<string>
  readonly setScheme: (scheme: "light" | "dark") => Promise<void>
  readonly setWidth: (width: number) => Promise<void>
  /** The value of an expression in the page; a promise is awaited. */
  readonly evaluate: (expression: string) => Promise<unknown>
  /** The page from top to bottom, or the part of it from `top` on that is `height` high, as a PNG; `scale` is 1 unless given. */
  readonly screenshot: (part?: { readonly top: number; readonly height: number; readonly scale?: number }) => Promise<Buffer>
}

/** Opens a tab, hands it to `use`, and closes the browser. */
export const withTab = async <A>(executable: string, use: (tab: Tab) => Promise<A>): Promise<A> => {
  const profile = mkdtempSync(join(tmpdir(), "adjoint-chromium-"))
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
  ]
  const browser = spawn(executable, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  const exited = once(browser, "exit")
  try {
    const socket = new WebSocket(await addressOf(browser))
    return await use(await tabOf(socket))
  } finally {
    browser.kill()
    await exited
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

const tabOf = async (socket: WebSocket): Promise<Tab> => {
  if (socket.readyState !== WebSocket.OPEN)
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }))
  const pending = new Map<number, { readonly resolve: (value: Json) => void; readonly reject: (error: Error) => void }>()
  const requested: Array<string> = []
  const complained: Array<string> = []
  let loaded: (() => void) | undefined
  let next = 1
  socket.addEventListener("message", ({ data }) => {
    const message: unknown = JSON.parse(String(data))
    if (!isRecord(message)) return
    const { error, id, method, params, result } = message
    if (typeof id === "number") {
      const waiting = pending.get(id)
      pending.delete(id)
      if (isRecord(error)) waiting?.reject(new Error(String(error.message)))
      else waiting?.resolve(isRecord(result) ? result : {})
    }
    if (!isRecord(params)) return
    if (method === "Network.requestWillBeSent" && isRecord(params.request)) requested.push(String(params.request.url))
    if (method === "Page.loadEventFired") loaded?.()
    if (method === "Log.entryAdded" && isRecord(params.entry)) complained.push(String(params.entry.text))
    if (method === "Runtime.exceptionThrown") complained.push(JSON.stringify(params.exceptionDetails))
  })
  const call = (method: string, params: Json = {}, sessionId?: string): Promise<Json> =>
    new Promise((resolve, reject) => {
      const id = next++
      pending.set(id, { resolve, reject })
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }))
    })
  const { targetId } = await call("Target.createTarget", { url: "about:blank" })
  const attached = await call("Target.attachToTarget", { targetId, flatten: true })
  const session = String(attached.sessionId)
  const ask = (method: string, params: Json = {}) => call(method, params, session)
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await ask(`${domain}.enable`)
  const setWidth = async (width: number) => {
    await ask("Emulation.setDeviceMetricsOverride", { width, height: 800, deviceScaleFactor: 1, mobile: false })
  }
  await setWidth(1060)
  const evaluate = async (expression: string): Promise<unknown> => {
    const { exceptionDetails, result } = await ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return isRecord(result) ? result.value : undefined
  }
  return {
    open: async (url) => {
      requested.length = 0
      complained.length = 0
      const ready = new Promise<void>((resolve) => {
        loaded = resolve
      })
      await ask("Page.navigate", { url })
      await ready
    },
    requests: () => [...requested],
    complaints: () => [...complained],
    setScheme: async (scheme) => {
      await ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] })
    },
    setWidth,
    evaluate,
    screenshot: async (part) => {
      const { cssContentSize } = await ask("Page.getLayoutMetrics")
      const { height, width } = isRecord(cssContentSize) ? cssContentSize : { height: 800, width: 1060 }
      const clip = { x: 0, y: part?.top ?? 0, width, height: part?.height ?? height, scale: part?.scale ?? 1 }
      const { data } = await ask("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip })
      return Buffer.from(String(data), "base64")
    },
  }
}
