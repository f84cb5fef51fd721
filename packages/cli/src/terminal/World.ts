/** What the command sees of the process it runs in: two places to write to, one to read from, and the environment. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

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
    readonly env: { readonly [name: string]: string | undefined }
    /** For results. */
    readonly stdout: Sink
    /** For progress and messages. */
    readonly stderr: Sink
    readonly stdin: Input
    /** Whether there is a run to save: a signal then interrupts the command, and ends the process at once where there is none. */
    readonly setSaving: (isSaving: boolean) => void
  }
>()("@adjoint/cli/World") {}

/** Runs an effect that saves what it has when it is interrupted; signals interrupt it meanwhile. */
export const guarded = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | World> =>
  Effect.flatMap(World, ({ setSaving }) =>
    Effect.acquireUseRelease(
      Effect.sync(() => setSaving(true)),
      () => effect,
      () => Effect.sync(() => setSaving(false)),
    ),
  )
