/**
 * An engine elsewhere, such as in another process: this side posts its calls as messages, and the other side answers them. What
 * carries the messages, and how they are written, is up to the caller.
 */

import { provideImages } from "../backend/images.ts"
import { provideLoops } from "../backend/loops.ts"
import { provideMatrices } from "../backend/matrices.ts"
import type { Reply } from "../backend/worker/messages.ts"
import { serve as serveCalls } from "../backend/worker/serve.ts"

export type { Answers, Envelope, Reply, Request, Settings, Wire } from "../backend/worker/messages.ts"
export type { EngineWorker, WorkerListener } from "../backend/worker/startWorker.ts"
export type { StartWorker } from "./workerConnection.ts"
export { engineOver as engine } from "./workerEngine.ts"

/** A function that takes the messages of an engine elsewhere, in order, computes, and posts the replies. */
export const serve = (post: (reply: Reply) => void): ReturnType<typeof serveCalls> => {
  // The programs that are posted may be of any operations.
  provideImages()
  provideLoops()
  provideMatrices()
  return serveCalls(post)
}
