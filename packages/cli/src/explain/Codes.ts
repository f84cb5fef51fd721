/** The codes of diagnostics, and the exit codes of the command. */
import { codes, isCode, phaseOf, phases } from "@adjoint/dsl/diagnostic/Codes"
import { exitCodes, meanings } from "../report/ExitCode.ts"
import type { CodeFound, ExitCodeFound } from "./Found.ts"

/** The diagnostic of a code, in either case. */
export const diagnostic = (word: string): ReadonlyArray<CodeFound> => {
  const code = word.toUpperCase()
  if (!isCode(code)) return []
  const { explanation, severity, title, ...examples } = codes[code]
  const { right, wrong } = examples as { readonly right?: string; readonly wrong?: string }
  return [
    {
      kind: "diagnostic",
      code,
      severity,
      phase: phases[phaseOf(code)],
      title,
      explanation,
      ...(wrong === undefined ? {} : { wrong }),
      ...(right === undefined ? {} : { right }),
    },
  ]
}

type Name = keyof typeof exitCodes

/** The exit code of a number. */
export const exitCode = (word: string): ReadonlyArray<ExitCodeFound> =>
  (Object.keys(exitCodes) as ReadonlyArray<Name>)
    .filter((name) => String(exitCodes[name]) === word)
    .map((name) => ({ kind: "exit_code", code: exitCodes[name], name, doc: meanings[name] }))

const looksLikeCode = /^[a-z]\d+$/i

/** What codes there are, for a word that looks like one: those of its phase first of all. */
export const like = (word: string): ReadonlyArray<string> | undefined => {
  if (!looksLikeCode.test(word)) return undefined
  const near = Object.keys(codes).filter((known) => known.startsWith(word.slice(0, 1).toUpperCase()))
  return near.length > 0 ? near : Object.keys(codes)
}
