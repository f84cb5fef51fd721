/** What the command sees of the process it runs in: two places to write to, one to read from, and the environment. */
import * as Context from "effect/Context"

/** Where text goes. */
export interface Sink {
  readonly write: (text: string) => void
  /** Waits until what was written has been taken, or so much of it that more may be written. */
  readonly drained: () => Promise<void>
  readonly isTerminal: boolean
  /** The width of the terminal, asked anew each time since it can change. */
  readonly columns: () => number
}

/** Where bytes come from. */
export interface Input {
  readonly isTerminal: boolean
  readonly bytes: () => AsyncIterable<Uint8Array>
}

export class World extends Context.Service<
  World,
  {
    readonly env: { readonly [name: string]: string | undefined }
    /** For results. */
    readonly stdout: Sink
    /** For progress and messages. */
    readonly stderr: Sink
    readonly stdin: Input
  }
>()("@adjoint/cli/World") {}
