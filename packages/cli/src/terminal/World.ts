/** What the command sees of the process it runs in: two places to write to, one to read from, and the environment. */
import * as Context from "effect/Context"

/** Where text goes. */
export interface Sink {
  /** Writes text. `false` where the text goes nowhere and the command need not go on for another reason. */
  readonly write: (text: string) => boolean
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
    /** The module that starts the command; a search starts its threads with it. */
    readonly entry: URL
    readonly env: { readonly [name: string]: string | undefined }
    /** For results. */
    readonly stdout: Sink
    /** For progress and messages. */
    readonly stderr: Sink
    readonly stdin: Input
    /** Called when the command begins to write a run, which continues to its result where nobody reads its output. */
    readonly beginRun: () => void
    /**
     * Whether the command has computed what is not on the disk yet: a signal then interrupts it, so that it saves. Otherwise a
     * signal ends the process at once.
     */
    readonly setSaving: (isSaving: boolean) => void
  }
>()("@adjoint/cli/World") {}
