/** What the command's exit codes mean. Scripts depend on these numbers, so none ever changes its meaning. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  usage: 2,
  modelFile: 3,
  data: 4,
  diverged: 5,
  failUnder: 6,
  incompatible: 7,
  unwritten: 8,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What happened, by the name of the exit code: the table of docs/command.md. */
export const meanings: { readonly [Name in keyof typeof exitCodes]: string } = {
  ok: "all is well",
  internal: "an error in Adjoint itself, or one that `doctor` found",
  usage: "the command line cannot be understood",
  modelFile: "the model file cannot be used, or wants more memory than there is",
  data: "the data cannot be used",
  diverged: "a value became NaN or infinite while training",
  failUnder: "a score misses `evaluate.fail_under` or `fail_above`",
  incompatible: "a run folder or checkpoint does not fit what is asked of it",
  unwritten: "a file, or the output, could not be written; a run without its output is complete",
  hangup: "SIGHUP, the terminal is gone: the step was finished and a checkpoint written",
  interrupted: "SIGINT, Ctrl-C: the step was finished and a checkpoint written",
  terminated: "SIGTERM: the step was finished and a checkpoint written",
}
