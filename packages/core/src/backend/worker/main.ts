/** The program of an engine's worker: a worker thread of Node, or a Web Worker of a page. */

import { provideImages } from "../images.ts"
import { provideLoops } from "../loops.ts"
import { provideMatrices } from "../matrices.ts"
import { type Envelope, type Reply, workerKind } from "./messages.ts"
import { serve } from "./serve.ts"

interface Port {
  readonly post: (reply: Reply, transfer: ReadonlyArray<ArrayBuffer>) => void
  readonly listen: (receive: (envelope: Envelope) => void) => void
}

const nodePort = (): Port | undefined => {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads")
  const port = threads?.parentPort
  if (threads === undefined || port == null || threads.workerData?.kind !== workerKind) return undefined
  return {
    post: (reply, transfer) => port.postMessage(reply, transfer),
    listen: (receive) => port.on("message", receive),
  }
}

/** The scope of a Web Worker: TypeScript knows only the types of Node here. */
interface WebScope {
  readonly WorkerGlobalScope?: unknown
  readonly name?: string
  readonly postMessage: (message: Reply, transfer: ReadonlyArray<ArrayBuffer>) => void
  onmessage?: (event: { readonly data: Envelope }) => void
}

const webPort = (): Port | undefined => {
  const scope = globalThis as unknown as WebScope
  if (scope.WorkerGlobalScope === undefined || scope.name !== workerKind) return undefined
  return {
    post: (reply, transfer) => scope.postMessage(reply, transfer),
    listen: (receive) => {
      scope.onmessage = ({ data }) => receive(data)
    },
  }
}

const port = nodePort() ?? webPort()
if (port !== undefined) {
  // The programs that are posted may be of any operations.
  provideImages()
  provideLoops()
  provideMatrices()
  port.listen(serve(port.post))
}
