/** Failures as text for stderr, as an event for stdout where JSON was asked for, and as exit codes. */
import { systemReason } from "@adjoint/core/data/systemReason"
import { OutOfMemory } from "@adjoint/core/engines/Engine"
import { type Diagnostic, hasErrors } from "@adjoint/dsl/diagnostic/Diagnostic"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import type * as PlatformError from "effect/PlatformError"
import type { Said } from "../json/Events.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import type { Style } from "../terminal/Style.ts"
import { type ExitCode, exitCodes } from "./ExitCode.ts"
import type { FailUnder, Failure } from "./Failure.ts"

type Row<F> = {
  readonly code: (failure: F) => ExitCode
  /** What went wrong, and what to try. */
  readonly say: (failure: F) => { readonly message: string; readonly hint?: string | undefined }
}

const said = (message: string, hint?: string) => ({ message, hint })

/** Data that cannot be read is not an error of the model file that names it. */
const codeOf = (diagnostics: ReadonlyArray<Diagnostic>): ExitCode =>
  diagnostics.every(({ code, severity }) => severity === "warning" || code === "D305") && hasErrors(diagnostics)
    ? exitCodes.data
    : exitCodes.modelFile

const printMissed = ({ bound, got, score, wanted }: FailUnder["missed"][number]): string => {
  const [is, limit] = [`${score} is ${Format.score(score, got)}`, Format.score(score, wanted)]
  if (Number.isNaN(got)) return `${is}, wanted at ${bound === "minimum" ? "least" : "most"} ${limit}`
  return `${is}, ${bound === "minimum" ? "under" : "over"} the ${limit} asked for`
}

const rows: { readonly [T in Failure["_tag"]]: Row<Extract<Failure, { readonly _tag: T }>> } = {
  UsageError: { code: () => exitCodes.usage, say: ({ hint, message }) => said(message, hint) },
  Refused: { code: ({ diagnostics }) => codeOf(diagnostics), say: ({ diagnostics }) => said(summary(diagnostics)) },
  Changed: { code: () => exitCodes.incompatible, say: ({ diagnostics }) => said(summary(diagnostics)) },
  RunError: { code: () => exitCodes.incompatible, say: ({ hint, message }) => said(message, hint) },
  FetchError: {
    code: ({ isUnwritten }) => (isUnwritten === true ? exitCodes.unwritten : exitCodes.data),
    say: ({ hint, message }) => said(message, hint),
  },
  Unsaved: {
    code: () => exitCodes.unwritten,
    say: ({ cause, reference }) =>
      said(rowOf(cause).say(cause).message, `on a disk with room, where you may write: adjoint train --resume ${reference}`),
  },
  CheckpointError: {
    code: ({ isUnwritten }) => (isUnwritten === true ? exitCodes.unwritten : exitCodes.incompatible),
    say: ({ file, got, hint, wanted }) => said(printable(`${file}: got ${got}, wanted ${wanted}`), hint),
  },
  ConfigError: {
    code: () => exitCodes.modelFile,
    say: ({ argument, got, hint, wanted }) => said(printable(`${argument}: got ${got}, wanted ${wanted}`), hint),
  },
  Diverged: {
    code: () => exitCodes.diverged,
    say: ({ hint, message }) => said(message, hint),
  },
  JoinFailed: {
    code: () => exitCodes.data,
    say: ({ hint, message }) => said(printable(message), hint),
  },
  FailUnder: {
    code: () => exitCodes.failUnder,
    say: ({ missed }) => said(missed.map(printMissed).join("\n")),
  },
  DataError: { code: () => exitCodes.data, say: ({ message }) => said(printable(message)) },
  ScratchError: {
    code: () => exitCodes.unwritten,
    say: ({ message }) => said(printable(message), "ADJOINT_CACHE=DIR, a folder on a disk with room, where you may write"),
  },
  Unwell: { code: () => exitCodes.internal, say: ({ wrong }) => said(`the self-test failed: ${wrong.join(", ")}`) },
  Unanswered: {
    code: () => exitCodes.data,
    say: ({ failed, named, rows }) =>
      said(
        `${failed} of ${rows} rows ${failed === 1 ? "has" : "have"} no prediction${named < failed ? `; the first ${named} are named above` : ""}`,
      ),
  },
  EngineError: {
    code: ({ cause }) => (cause instanceof OutOfMemory ? exitCodes.modelFile : exitCodes.internal),
    say: ({ cause, message }) =>
      said(
        message,
        cause instanceof OutOfMemory
          ? "fewer rows a step (--set train.batch=…), or smaller layers: adjoint inspect says how large each is"
          : undefined,
      ),
  },
  ShapeError: { code: () => exitCodes.modelFile, say: ({ message }) => said(printable(message)) },
  PlatformError: {
    code: () => exitCodes.unwritten,
    say: (error) =>
      said(
        `${placeOf(error)}${systemReason(error)}`,
        "another place (--runs DIR, -o FILE), on a disk with room, where you may write",
      ),
  },
}

/** The file that the system refused to use. */
const placeOf = ({ reason }: PlatformError.PlatformError): string =>
  "pathOrDescriptor" in reason && typeof reason.pathOrDescriptor === "string" ? `${reason.pathOrDescriptor}: ` : ""

const summary = (diagnostics: ReadonlyArray<Diagnostic>): string => {
  const shown = Render.shown(diagnostics)
  const more = diagnostics.length - shown.length
  return [...shown.map(({ code, message }) => `${code} ${message}`), ...(more > 0 ? [`and ${more} more`] : [])].join("; ")
}

const rowOf = (failure: Failure): Row<Failure> => rows[failure._tag] as Row<Failure>

/** Whether an error is one of those that are expected. */
export const isFailure = (error: unknown): error is Failure =>
  typeof error === "object" && error !== null && "_tag" in error && Object.hasOwn(rows, String(error._tag))

/** The exit code of a failure. */
export const exitCode = (failure: Failure): ExitCode => rowOf(failure).code(failure)

/** A failure as text. */
export const text = (failure: Failure, style: Style, colour: boolean): string => {
  if ("diagnostics" in failure) return own(Render.all(failure.diagnostics, failure.source, { colour }))
  const { hint, message } = rowOf(failure).say(failure)
  return `${style("bad", "error")}: ${message}${hint === undefined ? "" : `\n  ${style("accent", "try:")} ${hint}`}`
}

/** The message without the place, which the event has apart. */
const messageOf = (failure: Failure, message: string): string =>
  failure._tag === "Diverged" ? `${failure.cause.message}${failure.rows}` : message

/** A failure as the last event of a command whose output is JSON. Diagnostics that were printed before are not printed again. */
export const event = (failure: Failure): Extract<Said, { readonly event: "failed" }> => {
  const { hint, message } = rowOf(failure).say(failure)
  const isTold = failure._tag === "Refused" && failure.isTold === true
  return {
    event: "failed",
    exit: exitCode(failure),
    error: failure._tag,
    message: messageOf(failure, message),
    ...(hint === undefined ? {} : { hint }),
    ...("place" in failure && failure.place !== undefined ? { place: failure.place } : {}),
    ...("diagnostics" in failure && !isTold ? { diagnostics: Render.shown(failure.diagnostics) } : {}),
  }
}
