/**
 * Compiles a pure function of tensors for an engine: traces it once on shapes and prepares its program, which then maps arrays
 * to arrays. Here a `ShapeError` that mathematics throws becomes a typed failure.
 */

import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Eager from "../backend/eager/Eager.ts"
import { foldable } from "../language/ConstantFolding.ts"
import type { Tensor } from "../language/Expr.ts"
import { accept, capture, type Program, placeholders } from "../language/Program.ts"
import { checkUnchanged, type Like, refill, tensors } from "../language/TensorTree.ts"
import { NDArray } from "../types/NDArray.ts"
import { printSpec, ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { Engine, EngineError, type Executable } from "./Engine.ts"

/** Runs a function whose `ShapeError` becomes a typed failure; anything else that it throws stays a defect. */
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

/** The arrays of a tree's tensors; most trees hold arrays already. */
const arrays = ({ read }: Engine["Service"], tree: unknown): ReadonlyArray<NDArray> => {
  const leaves = tensors(tree)
  return leaves.every((leaf) => leaf instanceof NDArray) ? leaves : read(leaves)
}

/** The program of a function of trees, and the tree of its results. */
export interface Traced<Y> {
  readonly program: Program
  readonly result: Y
}

/** A function called once on placeholders: its inputs, outputs and result. */
interface Called<Y> {
  readonly inputs: ReadonlyArray<Tensor>
  readonly outputs: ReadonlyArray<Tensor>
  readonly result: Y
}

const call = <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, like: NoInfer<Args>): Called<Y> => {
  const inputs = placeholders(tensors(like))
  const result = f(...refill<Args>(like, inputs))
  return { inputs, outputs: tensors(result), result }
}

/** The program of `f` for arguments of these shapes. Throws `ShapeError`. */
export const program = <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, ...like: NoInfer<Args>): Traced<Y> => {
  const { inputs, outputs, result } = call(f, like)
  return { program: capture(inputs, outputs), result }
}

/** A function before compilation: the tensors to compute beforehand, and its program given their values. */
interface Folding<Y> {
  readonly beforehand: ReadonlyArray<Tensor>
  readonly folded: (numbers: ReadonlyArray<NDArray>) => Traced<Y>
}

const folding = <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, like: NoInfer<Args>): Folding<Y> => {
  const { inputs, outputs, result } = call(f, like)
  const beforehand: ReadonlyArray<Tensor> = foldable(outputs)
  return {
    beforehand,
    folded: (numbers) => {
      const computed = new Map<Tensor, NDArray>()
      numbers.forEach((array, i) => {
        computed.set(beforehand[i] as Tensor, array)
      })
      return { program: capture(inputs, outputs, computed), result }
    },
  }
}

/** The program that `compile` prepares, with folded constants, here computed as reading computes them. Throws `ShapeError`. */
export const folded = <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, ...like: NoInfer<Args>): Traced<Y> => {
  const { beforehand, folded } = folding(f, like)
  return folded(Eager.read(beforehand))
}

/** The same, with constants computed by the engine, so that they have the bits that they have in the program. */
const foldedBy = <Args extends ReadonlyArray<unknown>, Y>(
  { prepare }: Engine["Service"],
  f: (...args: Args) => Y,
  like: NoInfer<Args>,
): Effect.Effect<Traced<Y>, EngineError | ShapeError> =>
  Effect.gen(function* () {
    const { beforehand, folded } = yield* checkShapes(() => folding(f, like))
    if (beforehand.length === 0) return yield* checkShapes(() => folded([]))
    const executable = prepare({ program: yield* checkShapes(() => capture([], beforehand)), resident: 0 })
    const numbers = yield* Effect.scoped(Effect.flatMap(executable, ({ run }) => running(() => run([]))))
    return yield* checkShapes(() => folded(numbers))
  })

/** A function that an engine runs. It fails with `ShapeError` for arguments of other shapes than those it was compiled for. */
export type Compiled<Args extends ReadonlyArray<unknown>, Y> = (...args: Args) => Effect.Effect<Y, EngineError | ShapeError>

/**
 * Compiles `f` for arguments of these shapes. Expensive constants are computed now, once: random bits, sorts, products,
 * reductions, functions such as exp, and elementwise operations on them, unless those make them larger (`foldable` has the
 * rule). So a function may close over parameters of `init` that are not computed yet. The scope releases the engine's memory.
 */
export const compile = <Args extends ReadonlyArray<unknown>, Y>(
  f: (...args: Args) => Y,
  ...like: NoInfer<Args>
): Effect.Effect<Compiled<Args, Y>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine.current
    const { program: traced, result } = yield* foldedBy(engine, f, like)
    const executable = yield* engine.prepare({ program: traced, resident: 0 })
    const answer = Tree.rebuilder(result)
    return (...args) =>
      running(() => {
        const inputs = arrays(engine, args)
        accept("a compiled function", traced, inputs)
        return answer(executable.run(inputs)) as Y
      })
  })

/** A function from a state and a batch to the next state and an output. */
export type StepFunction<S, B, O> = (state: S, batch: B) => { readonly state: Like<NoInfer<S>>; readonly output: O }

/** A compiled step with its state. */
export interface Step<S, B, O> {
  /** Runs the step once for each batch, in order, and returns the outputs. */
  readonly run: (batches: ReadonlyArray<B>) => Effect.Effect<ReadonlyArray<O>, EngineError | ShapeError>
  /** The current state: an immutable snapshot. */
  readonly state: Effect.Effect<S>
  /** Replaces the state. */
  readonly load: (state: S) => Effect.Effect<void, EngineError | ShapeError>
}

/** The step, prepared for batches of one shape. */
interface Ready<O> {
  readonly executable: Executable
  /** From the arrays of an output to its tree. */
  readonly output: (leaves: ReadonlyArray<NDArray>) => O
}

const signature = (batch: unknown): string =>
  Tree.entries(batch)
    .map(([path, leaf]) => `${Tree.printPath(path)}: ${printSpec(leaf as Tensor)}`)
    .join(", ")

/**
 * Compiles a step whose state stays in the engine between batches. It is compiled for each shape of batch at the first batch
 * of that shape (the last batch of an epoch is often short); the state moves to that program. Expensive constants are computed
 * beforehand, as in `compile`. The scope of this effect releases the engine's memory.
 */
export const step = <S, B, O>(
  f: StepFunction<S, B, O>,
  initial: S,
): Effect.Effect<Step<S, B, O>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine.current
    const scope = yield* Effect.scope
    const prepared = new Map<string, Ready<O>>()
    let current: { state: ReadonlyArray<NDArray> } | { executable: Executable } = {
      state: yield* running(() => arrays(engine, initial)),
    }
    const stateOf = Tree.rebuilder(initial)
    const now = (): ReadonlyArray<NDArray> => ("state" in current ? current.state : current.executable.state())

    const prepare = Effect.fnUntraced(function* (batch: B) {
      // A list, because the engine needs the state's leaves first and the leaves of records are ordered by name.
      const listed = (state: S, rows: B): readonly [S, O] => {
        const result = f(state, rows)
        return [result.state as S, result.output]
      }
      const { program: traced, result } = yield* foldedBy(engine, listed, [initial, batch])
      yield* checkShapes(() => checkUnchanged("Compile.step", initial, result[0]))
      const job = { program: traced, resident: tensors(initial).length }
      const output = Tree.rebuilder(result[1])
      prepared.set(signature(batch), {
        executable: yield* engine.prepare(job).pipe(Effect.provideService(Scope.Scope, scope)),
        output: (leaves) => output(leaves) as O,
      })
    })

    const one = (batch: B, { executable, output }: Ready<O>): O => {
      if (!("executable" in current) || current.executable !== executable) {
        executable.load("state" in current ? current.state : current.executable.lend())
        current = { executable }
      }
      return output(executable.run(arrays(engine, batch)))
    }

    /** Runs the next batches until one has no executable. */
    const runReady = (batches: ReadonlyArray<B>, outputs: Array<O>): void => {
      for (const batch of batches.slice(outputs.length)) {
        const ready = prepared.get(signature(batch))
        if (ready === undefined) return
        outputs.push(one(batch, ready))
      }
    }

    return {
      run: Effect.fnUntraced(function* (batches) {
        const outputs: Array<O> = []
        yield* running(() => runReady(batches, outputs))
        while (outputs.length < batches.length) {
          yield* prepare(batches[outputs.length] as B)
          yield* running(() => runReady(batches, outputs))
        }
        return outputs
      }),
      state: Effect.sync(() => stateOf(now()) as S),
      load: (state) =>
        Effect.map(
          running(() => {
            checkUnchanged("Compile.step", initial, state, "a state like the one it was compiled for", "load what `state` gave")
            return arrays(engine, state)
          }),
          (arrays) => {
            current = { state: arrays }
          },
        ),
    }
  })
