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
import { inPieces, type Pieces, piecesOf, toEnd } from "../types/Pieces.ts"
import { printSpec, type ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { checkShapes, refusing } from "./checkShapes.ts"
import { type Arrays, Engine, type EngineError, type Executable } from "./Engine.ts"
import { takeTurn } from "./letOthersRun.ts"
import { spanned } from "./observe.ts"
import { makeQueue } from "./queue.ts"
import { inTurns } from "./turns.ts"

export { programWork } from "../compiler/compilerFacts.ts"
export { checkShapes } from "./checkShapes.ts"

/** The arrays of a tree's tensors; most trees hold arrays already. */
const arrays = ({ read }: Engine["Service"], tree: unknown): Effect.Effect<Arrays, EngineError | ShapeError> => {
  const leaves = tensors(tree)
  return areArrays(leaves) ? Effect.succeed(leaves) : read(leaves)
}

const areArrays = (leaves: ReadonlyArray<Tensor>): leaves is Arrays => leaves.every((leaf) => leaf instanceof NDArray)

/** The program of a function of trees, and the tree of its results. */
export interface Traced<Y> {
  readonly program: Program
  readonly result: Y
}

/** The program of `f` for arguments of these shapes. Throws `ShapeError`. */
export const program = <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, ...like: NoInfer<Args>): Traced<Y> => {
  const inputs = placeholders(tensors(like))
  const result = f(...refill<Args>(like, inputs))
  return { program: capture(inputs, tensors(result)), result }
}

/** A function before compilation: the tensors to compute beforehand, and its program given their values. */
interface Folding<Y> {
  readonly beforehand: ReadonlyArray<Tensor>
  readonly folded: (numbers: ReadonlyArray<NDArray>) => Traced<Y>
}

function* folding<Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, like: NoInfer<Args>): Pieces<Folding<Y>> {
  const inputs = placeholders(tensors(like))
  const result = yield* piecesOf(f, ...refill<Args>(like, inputs))
  yield
  const outputs = tensors(result)
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
  const { beforehand, folded } = toEnd(folding(f, like))
  return folded(Eager.read(beforehand))
}

/** The same, with constants computed by the engine, so that they have the bits that they have in the program. */
const foldedBy = <Args extends ReadonlyArray<unknown>, Y>(
  { prepare }: Engine["Service"],
  f: (...args: Args) => Y,
  like: NoInfer<Args>,
): Effect.Effect<Traced<Y>, EngineError | ShapeError> =>
  Effect.gen(function* () {
    const { beforehand, folded } = yield* inTurns(folding(f, like))
    yield* takeTurn
    if (beforehand.length === 0) return yield* checkShapes(() => folded([]))
    const executable = prepare({ program: yield* checkShapes(() => capture([], beforehand)), resident: 0 })
    yield* takeTurn
    const [numbers = []] = yield* Effect.scoped(Effect.flatMap(executable, ({ run }) => Effect.flatten(run([[]]))))
    yield* takeTurn
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
  Effect.map(
    compileIf(() => true, f, ...like),
    (compiled) => compiled as Compiled<Args, Y>,
  )

/** `compile`, if the program of `f` is worth it: otherwise it is traced alone, and the result is `undefined`. */
export const compileIf = <Args extends ReadonlyArray<unknown>, Y>(
  isWorth: (program: Program) => boolean,
  f: (...args: Args) => Y,
  ...like: NoInfer<Args>
): Effect.Effect<Compiled<Args, Y> | undefined, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const engine = yield* Engine.current
    const prepared = Effect.gen(function* () {
      const { program, result } = yield* foldedBy(engine, f, like)
      yield* takeTurn
      const executable = isWorth(program) ? yield* engine.prepare({ program, resident: 0 }) : undefined
      return { traced: program, result, executable }
    })
    const { executable, result, traced } = yield* spanned(
      prepared,
      "Compile.compile",
      () => ({ "adjoint.engine.name": engine.name, "adjoint.inputs": signature(like) }),
      ({ traced }) => ({ "adjoint.program.equations": traced.equations.length }),
    )
    if (executable === undefined) return undefined
    const answer = Tree.rebuilder(result)
    const outputsOf = Effect.map(([outputs]: ReadonlyArray<Arrays>) => answer(outputs as Arrays) as Y)
    const call = (inputs: Arrays): Effect.Effect<Y, EngineError> => {
      accept("a compiled function", traced, inputs)
      return Effect.flatMap(executable.run([inputs]), outputsOf)
    }
    return (...args) =>
      refusing(() => {
        const leaves = tensors(args)
        return areArrays(leaves) ? call(leaves) : Effect.flatMap(engine.read(leaves), (inputs) => refusing(() => call(inputs)))
      })
  })

/** A function from a state and a batch to the next state and an output. */
export type StepFunction<S, B, O> = (state: S, batch: B) => { readonly state: Like<NoInfer<S>>; readonly output: O }

/** Batches that the engine has, and how their outputs are read. */
export type Submitted<O> = Effect.Effect<Effect.Effect<ReadonlyArray<O>, EngineError>, EngineError | ShapeError>

/** A compiled step with its state. */
export interface Step<S, B, O> {
  /**
   * Runs the step once for each batch, in order, and returns the outputs. On the calling thread other work of the process runs every
   * few milliseconds, between two steps and within a step that takes long. Calls of several fibers run one after the other. If it is
   * interrupted, some of its steps may be done, each of them whole.
   */
  readonly run: (batches: ReadonlyArray<B>) => Effect.Effect<ReadonlyArray<O>, EngineError | ShapeError>
  /**
   * The same, but it succeeds once the engine has the batches, with an effect that reads the outputs: an engine outside the calling
   * thread still computes meanwhile, and outputs that nobody reads are not copied.
   */
  readonly submit: (batches: ReadonlyArray<B>) => Submitted<O>
  /**
   * Gives up the steps that are not done, where the engine can: then the state is what it was before the last call, and the result
   * is true. Otherwise it waits until they are done.
   */
  readonly abort: Effect.Effect<boolean>
  /** The current state: an immutable snapshot. */
  readonly state: Effect.Effect<S, EngineError>
  /** Replaces the state. */
  readonly load: (state: S) => Effect.Effect<void, EngineError | ShapeError>
}

/** The step, prepared for batches of one shape. */
interface Ready<O> {
  readonly executable: Executable
  /** From the arrays of an output to its tree. */
  readonly output: (leaves: Arrays) => O
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
    let current: { state: Arrays } | { executable: Executable } = { state: yield* arrays(engine, initial) }
    const stateOf = Tree.rebuilder(initial)

    const prepare = Effect.fnUntraced(function* (shape: string, batch: B) {
      // A list, because the engine needs the state's leaves first and the leaves of records are ordered by name.
      const listed = inPieces(function* (state: S, rows: B): Pieces<readonly [S, O]> {
        const result = yield* piecesOf(f, state, rows)
        return [result.state as S, result.output]
      })
      const { program: traced, result } = yield* foldedBy(engine, listed, [initial, batch])
      yield* takeTurn
      yield* checkShapes(() => checkUnchanged("Compile.step", initial, result[0]))
      yield* takeTurn
      const job = { program: traced, resident: tensors(initial).length }
      const output = Tree.rebuilder(result[1])
      const ready: Ready<O> = {
        executable: yield* engine.prepare(job).pipe(Effect.provideService(Scope.Scope, scope)),
        output: (leaves) => output(leaves) as O,
      }
      prepared.set(shape, ready)
      return { ready, equations: traced.equations.length }
    })

    /** The step for batches of a shape, compiled in a span. */
    const compiled = (shape: string, batch: B) =>
      Effect.map(
        spanned(
          prepare(shape, batch),
          "Compile.step",
          () => ({ "adjoint.engine.name": engine.name, "adjoint.inputs": shape }),
          ({ equations }) => ({ "adjoint.program.equations": equations }),
        ),
        ({ ready }) => ready,
      )

    /** Moves the state to an executable. */
    const moveTo = (executable: Executable): Effect.Effect<void, EngineError> => {
      const moved = "state" in current ? executable.load(current.state) : executable.take(current.executable)
      return Effect.map(moved, () => {
        current = { executable }
      })
    }

    /** Submits batches of one shape. */
    const submitTo = ({ executable, output }: Ready<O>, batches: ReadonlyArray<B>): Submitted<O> => {
      const isCurrent = "executable" in current && current.executable === executable
      const leaves = batches.map(tensors)
      const submitted = (inputs: ReadonlyArray<Arrays>): Submitted<O> =>
        Effect.map(
          executable.run(inputs),
          Effect.map((outputs) => outputs.map(output)),
        )
      if (isCurrent && leaves.every(areArrays)) return submitted(leaves)
      return Effect.flatMap(
        Effect.forEach(batches, (batch) => arrays(engine, batch)),
        (inputs) => (isCurrent ? submitted(inputs) : Effect.andThen(moveTo(executable), submitted(inputs))),
      )
    }

    /** Submits batches, those of one shape together. */
    const submitAll = (batches: ReadonlyArray<B>): Submitted<O> =>
      Effect.suspend(() => {
        const parts: Array<{ readonly shape: string; readonly batches: Array<B> }> = []
        for (const batch of batches) {
          const shape = signature(batch)
          const last = parts.at(-1)
          if (last?.shape === shape) last.batches.push(batch)
          else parts.push({ shape, batches: [batch] })
        }
        const part = (of: (typeof parts)[0]): Submitted<O> => {
          const ready = prepared.get(of.shape)
          if (ready !== undefined) return submitTo(ready, of.batches)
          return Effect.flatMap(compiled(of.shape, of.batches[0] as B), (ready) => submitTo(ready, of.batches))
        }
        const [only, ...others] = parts
        return only === undefined || others.length > 0
          ? Effect.map(
              Effect.forEach(parts, (of) => Effect.suspend(() => part(of))),
              (reads) => Effect.map(Effect.all(reads), (outputs) => outputs.flat()),
            )
          : part(only)
      })

    // Runs that yield between steps, or wait for a move of the state, must not mix, and a state that is read or replaced meanwhile is
    // that after them.
    const oneAtATime = makeQueue().enter
    const submit = (batches: ReadonlyArray<B>): Submitted<O> => oneAtATime(submitAll(batches))

    return {
      submit,
      run: (batches) => Effect.flatten(submit(batches)),
      abort: Effect.suspend(() => ("executable" in current ? current.executable.abort : undefined) ?? Effect.succeed(false)),
      state: oneAtATime(
        Effect.suspend(() =>
          Effect.map(
            "state" in current ? Effect.succeed(current.state) : current.executable.state,
            (leaves) => stateOf(leaves) as S,
          ),
        ),
      ),
      load: (state) =>
        Effect.andThen(
          checkShapes(() =>
            checkUnchanged("Compile.step", initial, state, "a state like the one it was compiled for", "load what `state` gave"),
          ),
          oneAtATime(
            Effect.map(arrays(engine, state), (arrays) => {
              current = { state: arrays }
            }),
          ),
        ),
    }
  })
