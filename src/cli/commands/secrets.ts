import type { Command } from 'commander'
import { SecretRefError } from '../../errors.ts'
import type { Io } from '../io.ts'
import type { SecretsDescribeOptions } from '../secrets-describe.ts'
import type { SecretsListOptions } from '../secrets-list.ts'
import type { SecretsRotateOptions } from '../secrets-rotate.ts'
import type { SecretsVerifyOptions } from '../secrets-verify.ts'
import { command, count, group, type Line } from './line.ts'

export function addSecrets(program: Command, line: Line): void {
  const secrets = group(program, 'secrets', 'Stored values.')
  command(secrets, 'set <name>', 'Store a value, read from stdin or a prompt.')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--secrets-provider <name>', 'where to store it')
    // Whatever follows the name may be a value: it is refused here, where no message repeats it.
    .allowExcessArguments()
    .allowUnknownOption()
    .action((name: string, options: object, { args }: Command) => {
      if (args.length > 1) throw valueOnCommandLine(line.io)
      line.choose(async () =>
        (await import('../secrets-set.ts')).secretsSet(line.io, name, options),
      )
    })
  command(secrets, 'verify', 'Ask the services themselves whether credentials work.')
    .option('--agent <name>', 'those of one agent')
    .option('--target <id>', 'those for one target')
    .option('--all', 'those of every agent')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--concurrency <n>', 'how many at once', count, 8)
    .option('--json', 'for programs')
    .action((options: SecretsVerifyOptions) => {
      line.choose(async () =>
        (await import('../secrets-verify.ts')).secretsVerify(line.io, options),
      )
    })
  command(secrets, 'list', 'Every ref: where it lies, who is bound to it, how it stands.')
    .option('--agent <name>', 'those of one agent')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--json', 'for programs')
    .action((options: SecretsListOptions) => {
      line.choose(async () => (await import('../secrets-list.ts')).secretsList(line.io, options))
    })
  command(secrets, 'describe <name>', 'All that is known of one ref, without its value.')
    .option('--environment <name>', 'that environment alone')
    .option('--json', 'for programs')
    .action((name: string, options: SecretsDescribeOptions) => {
      line.choose(async () =>
        (await import('../secrets-describe.ts')).secretsDescribe(line.io, name, options),
      )
    })
  versions(secrets, 'history <name>', 'The versions that its store keeps.')
    .option('--json', 'for programs')
    .action((name: string, options: object) => {
      line.choose(async () =>
        (await import('../secrets-versions.ts')).secretsHistory(line.io, name, options),
      )
    })
  versions(secrets, 'rollback <name>', 'Make an older version the current one.')
    .option('--to <version>', 'this one; left out: the previous one')
    .option('--yes', 'one that was ended at its service too')
    .action((name: string, options: object) => {
      line.choose(async () =>
        (await import('../secrets-versions.ts')).secretsRollback(line.io, name, options),
      )
    })
  versions(secrets, 'rm <name>', 'Remove a value with all of its versions.')
    .option('--yes', 'yes')
    .action((name: string, options: object) => {
      line.choose(async () =>
        (await import('../secrets-versions.ts')).secretsRemove(line.io, name, options),
      )
    })
  command(secrets, 'rotate', 'Replace credentials that are due by new ones.')
    .option('--provider <name>', 'those for this service, or in this provider')
    .option('--ref <name>', 'this one')
    .option('--agent <name>', 'those of one agent')
    .option('--days-remaining <n>', 'those that end within so many days', count)
    .option('--force', 'whatever their end is')
    .option('--yes', 'with --force: all that lie in a store, of several services')
    .option('--revoke-now', 'end the old ones at once, whoever holds them: after a leak')
    .option('--dry-run', 'show the plan alone')
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--json', 'for programs')
    .action((options: SecretsRotateOptions) => {
      line.choose(async () =>
        (await import('../secrets-rotate.ts')).secretsRotate(line.io, options),
      )
    })
  addRotation(secrets, line)
}

function addRotation(secrets: Command, line: Line): void {
  const rotation = group(secrets, 'rotation', 'Rotations that are under way.')
  const environment = ['--environment <name>', 'the environment whose secrets are meant'] as const
  command(rotation, 'status', 'How far each has come, and what it waits for.')
    .option(...environment)
    .option('--all', 'those that have ended too')
    .option('--json', 'for programs')
    .action((options: object) => {
      line.choose(async () =>
        (await import('../secrets-rotation.ts')).rotationStatus(line.io, options),
      )
    })
  command(rotation, 'resume <name>', 'Have one that is stuck tried again.')
    .option(...environment)
    .action((name: string, options: object) => {
      line.choose(async () =>
        (await import('../secrets-rotation.ts')).rotationResume(line.io, name, options),
      )
    })
  command(rotation, 'abandon <name>', 'Give one up; what is not current yet is undone.')
    .option(...environment)
    .option('--leave', 'as it stands: undo nothing, end nothing')
    .action((name: string, options: object) => {
      line.choose(async () =>
        (await import('../secrets-rotation.ts')).rotationAbandon(line.io, name, options),
      )
    })
}

function versions(secrets: Command, name: string, about: string): Command {
  return command(secrets, name, about)
    .option('--environment <name>', 'the environment whose secrets are meant')
    .option('--secrets-provider <name>', 'where it is stored')
}

function valueOnCommandLine(io: Io): SecretRefError {
  return new SecretRefError(
    'USAGE',
    'secrets set takes a name and never a value: every user of this machine can read a command line, and the shell keeps it',
    {
      hint: `\`${io.program} secrets set NAME\` asks for the value, or reads it from a pipe; what was typed here as a value should be replaced at its service`,
    },
  )
}
