import { Option, type Command } from 'commander'
import type { ExportOptions } from '../log-export.ts'
import { count, group, type Line } from './line.ts'

export function addLog(program: Command, { io, choose }: Line): void {
  const log = group(program, 'log', 'The audit log.')
  group(log, 'show', 'Its records.')
    .argument('[file]', 'another log, such as an archive')
    .option('--agent <name>', 'of this agent')
    .option('--ref <name>', 'of this ref')
    .option('--event <name>', 'of this kind')
    .option('--since <time>', 'from this moment on: RFC 3339, or 2h, 7d')
    .option('--until <time>', 'before this moment')
    .option('--limit <n>', 'the last n', count)
    .option('--json', 'for programs')
    .action((file: string | undefined, options: object) => {
      choose(async () => (await import('../log.ts')).logShow(io, { ...options, ...atFile(file) }))
    })
  group(
    log,
    'verify',
    'Check that no record was changed, dropped or added: chain, tree, signed checkpoints.',
  )
    .argument('[file]', 'another log, such as an archive')
    .option(
      '--against <checkpoint>',
      'signed checkpoints that were kept elsewhere, and that the log must agree with; - for stdin',
    )
    .option('--key <vkey>', 'the public key that checkpoints must be signed with')
    .option('--from <seq>', 'begin at this record', count)
    .option('--strict', 'fail also where a note says that something cannot be told')
    .option('--json', 'for programs')
    .action((file: string | undefined, options: object) => {
      choose(async () =>
        (await import('../log-verify.ts')).logVerify(io, { ...options, ...atFile(file) }),
      )
    })
  group(log, 'checkpoint', 'Sign how far the log has come, and print it.').action(() => {
    choose(async () => (await import('../log-checkpoint.ts')).logCheckpoint(io))
  })
  group(log, 'key', 'The public key of the checkpoints.').action(() => {
    choose(async () => (await import('../log-checkpoint.ts')).logKey(io))
  })
  group(
    log,
    'prove',
    'A proof that a record is in the log, for somebody who does not have the log.',
  )
    .argument('<seq>', 'the record', count)
    .action((seq: number) => {
      choose(async () => (await import('../log-prove.ts')).logProve(io, seq))
    })
  group(log, 'verify-proof', 'Check such a proof, without the log.')
    .argument('<file>', 'the proof; - for stdin')
    .option('--key <vkey>', 'the public key that its checkpoint must be signed with')
    .option('--against <checkpoint>', 'a checkpoint that you kept: it must be this very one')
    .option('--json', 'for programs')
    .action((file: string, options: object) => {
      choose(async () => (await import('../log-verify-proof.ts')).logVerifyProof(io, file, options))
    })
  group(log, 'export', 'Its records, for other programs.')
    .argument('[file]', 'another log, such as an archive')
    .addOption(new Option('--format <format>').choices(['csv', 'jsonl']).default('jsonl'))
    .option('--agent <name>', 'of this agent')
    .option('--ref <name>', 'of this ref')
    .option('--event <name>', 'of this kind')
    .option('--since <time>', 'from this moment on: RFC 3339, or 2h, 7d')
    .option('--until <time>', 'before this moment')
    .action((file: string | undefined, options: ExportOptions) => {
      choose(async () =>
        (await import('../log-export.ts')).logExport(io, { ...options, ...atFile(file) }),
      )
    })
  group(log, 'find', 'Where a value was used that has leaked; the log does not hold it.')
    .option('--value-stdin', 'read the value from stdin or a prompt')
    .option('--since <time>', 'from this moment on: RFC 3339, or 2h, 7d')
    .option('--until <time>', 'before this moment')
    .option('--json', 'for programs')
    // Whatever else stands there may be the value: it is refused where no message repeats it.
    .allowExcessArguments()
    .allowUnknownOption()
    .action((options: object, { args }: Command) => {
      choose(async () => (await import('../log-find.ts')).logFind(io, options, args.length))
    })
  group(log, 'archive', 'Put a damaged log aside and begin a new one, recorded.')
    .option('--yes', 'do not ask')
    .action((options: object) => {
      choose(async () => (await import('../log.ts')).logArchive(io, options))
    })
}

function atFile(file: string | undefined): { file?: string } {
  return file === undefined ? {} : { file }
}
