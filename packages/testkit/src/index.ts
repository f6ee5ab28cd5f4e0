export {
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryRoute,
  memoryNetwork,
} from './transport/memory-network.ts';
export { RecordingHost, type RecordingHostOptions } from './transport/recording-host.ts';
export {
  type MakeTransportWorld,
  type TransportCase,
  type TransportWorld,
  transportConformance,
} from './transport/transport-conformance.ts';
