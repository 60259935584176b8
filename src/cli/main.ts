/** Where the process begins. Only what every start needs is imported here. */
import { startEarly } from '../gateway/early.ts'
import { closeInherited } from './descriptors.ts'
import { leaveStreamsAlone } from './streams.ts'

// An inspector opened by SIGUSR1 would let any process of this user read and change the gateway.
process.on('SIGUSR1', () => {})

// Before anything is started.
closeInherited()

const [first, second] = process.argv.slice(2)
if (first === 'run' || (first === 'gateway' && second === 'run')) {
  leaveStreamsAlone()
  startEarly()
}

void import('./program.ts').then(({ main }) => main(process.argv.slice(2)))
