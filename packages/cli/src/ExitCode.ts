/** What the command's exit codes mean. Scripts depend on these numbers, so none ever changes its meaning. */
export const exitCodes = {
  ok: 0,
  /** An error in Adjoint itself. */
  internal: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** The model file cannot be used. */
  modelFile: 3,
  /** The data cannot be used. */
  data: 4,
  /** A number became NaN or infinite while training. */
  diverged: 5,
  /** A score is less than `fail_under` asks for. */
  failUnder: 6,
  /** A run folder or checkpoint does not fit what is asked of it. */
  incompatible: 7,
  /** A file, or the output, could not be written. */
  unwritten: 8,
  /** The terminal is gone: 128 and the number of SIGHUP. */
  hangup: 129,
  /** Ctrl-C: 128 and the number of SIGINT. */
  interrupted: 130,
  /** The process was asked to end: 128 and the number of SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
