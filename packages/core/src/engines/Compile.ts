/**
 * From a pure function of tensors to something an engine runs: the function is called once on shapes, the program that
 * comes of it is prepared, and from then on only numbers go in and out. This is the door where a `ShapeError` that
 * mathematics throws becomes a typed failure.
 */

import { Effect, Scope } from "effect"
import type { Tensor } from "../language/Expr.ts"
import { accept, type Program, trace } from "../language/Program.ts"
import { refill, tensors } from "../language/TensorTree.ts"
import { readAll } from "../tensor/read.ts"
import type { NDArray } from "../words/NDArray.ts"
import { printSpec, ShapeError } from "../words/ShapeError.ts"
import * as Tree from "../words/Tree.ts"
import { Engine, EngineError, type Executable } from "./Engine.ts"

/** Runs what may throw a `ShapeError` and makes it a typed failure; anything else thrown stays a defect. */
export const checkShapes = <A>(f: () => A): Effect.Effect<A, ShapeError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(f())
    } catch (error) {
      return error instanceof ShapeError ? Effect.fail(error) : Effect.die(error)
    }
  })

const running = <A>(f: () => A): Effect.Effect<A, EngineError | ShapeError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(f())
    } catch (error) {
      return error instanceof ShapeError || error instanceof EngineError ? Effect.fail(error) : Effect.die(error)
    }
  })

/** The program of a function of trees, with the tree its results come back in. */
export interface Traced<Y> {
  readonly program: Program
  readonly result: Y
}

/** The program of `f` on arguments like these, whose shapes alone are looked at. Throws `ShapeError`. */
export const program = <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, ...like: NoInfer<Args>): Traced<Y> => {
  let result: Y | undefined
  const traced = trace((...inputs) => {
    result = f(...refill<Args>(like, inputs))
    return tensors(result)
  }, tensors(like))
  return { program: traced, result: result as Y }
}

/** A function that an engine runs. It fails with `ShapeError` on arguments of other shapes than it was compiled for. */
export type Compiled<Args extends ReadonlyArray<unknown>, Y> = (...args: Args) => Effect.Effect<Y, EngineError | ShapeError>

/** Compiles `f` for arguments like these, of which only the shapes matter. What the engine holds is released with the scope. */
export const compile = <Args extends ReadonlyArray<unknown>, Y>(
  f: (...args: Args) => Y,
  ...like: NoInfer<Args>
): Effect.Effect<Compiled<Args, Y>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const { program: traced, result } = yield* checkShapes(() => program(f, ...like))
    const executable = yield* engine.prepare({ program: traced, resident: 0 })
    return (...args) =>
      running(() => {
        const inputs = readAll(tensors(args))
        accept("a compiled function", traced, inputs)
        return refill<Y>(result, executable.run(inputs))
      })
  })

/** A function from a state and a batch to the next state and something worth knowing of the step. */
export type StepFunction<S, B, O> = (state: S, batch: B) => { readonly state: S; readonly output: O }

/** A compiled step with its state. */
export interface Step<S, B, O> {
  /** Runs the step once for each batch, one after the other, and gives what each put out. */
  readonly run: (batches: ReadonlyArray<B>) => Effect.Effect<ReadonlyArray<O>, EngineError | ShapeError>
  /** The state as it is now: an immutable snapshot. */
  readonly state: Effect.Effect<S>
  /** Replaces the state. */
  readonly load: (state: S) => Effect.Effect<void, ShapeError>
}

const signature = (batch: unknown): string =>
  Tree.entries(batch)
    .map(([path, leaf]) => `${Tree.printPath(path)}: ${printSpec(leaf as Tensor)}`)
    .join(", ")

/**
 * Compiles a step whose state stays with the engine from batch to batch. It is compiled for each shape of batch when that
 * shape first comes (the last batch of an epoch is often short); the state moves along. What the engine holds is
 * released with the scope in which the step was made.
 */
export const step = <S, B, O>(
  f: StepFunction<S, B, O>,
  initial: S,
): Effect.Effect<Step<S, B, O>, ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const scope = yield* Effect.scope
    const structure = signature(initial)
    const prepared = new Map<string, { readonly executable: Executable; readonly output: O }>()
    let held: { state: ReadonlyArray<NDArray> } | { executable: Executable } = {
      state: yield* checkShapes(() => readAll(tensors(initial))),
    }
    const now = (): ReadonlyArray<NDArray> => ("state" in held ? held.state : held.executable.state())

    const prepare = Effect.fnUntraced(function* (batch: B, key: string) {
      // A list, since the engine wants the state's leaves first and records are walked by name.
      const listed = (state: S, rows: B): readonly [S, O] => {
        const made = f(state, rows)
        return [made.state, made.output]
      }
      const { program: traced, result } = yield* checkShapes(() => program(listed, initial, batch))
      yield* checkShapes(() => {
        const made = signature(result[0])
        if (made !== structure)
          throw new ShapeError({
            operation: "Compile.step",
            got: tensors(result[0]),
            wanted: `a new state like the old (${structure}), not (${made})`,
            hint: "return every part of the state with the shape and dtype it came in",
          })
      })
      const job = { program: traced, resident: tensors(initial).length }
      const ready = {
        executable: yield* engine.prepare(job).pipe(Effect.provideService(Scope.Scope, scope)),
        output: result[1],
      }
      prepared.set(key, ready)
      return ready
    })

    const ready = (batch: B) => {
      const key = signature(batch)
      const found = prepared.get(key)
      return found === undefined ? prepare(batch, key) : Effect.succeed(found)
    }

    const one = (batch: B, { executable, output }: { readonly executable: Executable; readonly output: O }): O => {
      if (!("executable" in held) || held.executable !== executable) {
        executable.load(now())
        held = { executable }
      }
      return refill<O>(output, executable.run(readAll(tensors(batch))))
    }

    return {
      run: Effect.fnUntraced(function* (batches) {
        const outputs: Array<O> = []
        for (const batch of batches) {
          const executable = yield* ready(batch)
          outputs.push(yield* running(() => one(batch, executable)))
        }
        return outputs
      }),
      state: Effect.sync(() => refill<S>(initial, now())),
      load: (state) =>
        Effect.map(
          checkShapes(() => readAll(tensors(state))),
          (arrays) => {
            held = { state: arrays }
          },
        ),
    }
  })
