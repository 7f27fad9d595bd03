@description('Name of the Batch account.')
param account string

@description('Id of the pool.')
@minLength(1)
@maxLength(64)
param name string

@description('Size of its machines.')
param vmSize string

@description('Image of its machines: { publisher, offer, sku, agent }.')
param image object

@description('Spot machines at most. They are tried first.')
@minValue(0)
param maxSpotNodes int

@description('Dedicated machines at most, for what spot machines do not take or do not keep.')
@minValue(0)
param maxDedicatedNodes int

@description('Machines that are always there; above 0 they cost money day and night.')
@minValue(0)
param minNodes int

@description('Trials at the same time on a machine: one for each GPU, or fewer than it has cores.')
@minValue(1)
@maxValue(256)
param slotsPerNode int

@description('What an hour of a trial costs, for quotas of cost; empty: none.')
param price string

@description('Image of the container that trials run in; empty: they run on the machine itself.')
param containerImage string

@description('Registry from which the nodes fetch it by their identity; empty where it is public.')
param registryServer string

@description('Resource id of the identity of the nodes.')
param nodesId string

@description('Client id of the app identity, with which the app asks Batch.')
param appClientId string

@description('Address of the Batch account.')
param endpoint string

@description('Address of the archive with the harness, which every task fetches; empty where the image has it.')
param harness string

@description('Further options of the container, such as --shm-size=8g.')
param containerOptions string

@description('Subnet of the nodes; empty: they have public addresses and no network of their own.')
param subnetId string

// Spot first. What spot machines could not take, lost, or left waiting for a quarter of an hour goes to dedicated ones.
// Machines for n tasks: (n + slots - 1) / slots, of which Batch takes the whole part; the language has nothing that rounds.
var formula = join([
  'slots = ${slotsPerNode};'
  'maxSpot = ${maxSpotNodes};'
  'maxDedicated = ${maxDedicatedNodes};'
  'minNodes = ${minNodes};'
  'current = max(0, $PendingTasks.GetSample(1));'
  'known = $PendingTasks.GetSamplePercent(180 * TimeInterval_Second);'
  'tasks = known < 70 ? current : max(current, avg($PendingTasks.GetSample(180 * TimeInterval_Second)));'
  'nodes = tasks > 0 ? (tasks + slots - 1) / slots : 0;'
  'knownLong = $PendingTasks.GetSamplePercent(15 * TimeInterval_Minute);'
  'waiting = knownLong < 70 ? 0 : min($PendingTasks.GetSample(15 * TimeInterval_Minute));'
  'preempted = max(0, $PreemptedNodeCount.GetSample(1));'
  'usable = max(0, $CurrentLowPriorityNodes - preempted);'
  'left = max(0, min(waiting, maxSpot * slots) - usable * slots);'
  'missing = left > 0 ? (left + slots - 1) / slots : 0;'
  'more = max(0, tasks - maxSpot * slots);'
  'beyond = more > 0 ? (more + slots - 1) / slots : 0;'
  '$TargetLowPriorityNodes = min(maxSpot, max(minNodes, nodes));'
  '$TargetDedicatedNodes = min(maxDedicated, max(minNodes - maxSpot, beyond + max(missing, min(preempted, nodes))));'
  '$NodeDeallocationOption = taskcompletion;'
], '\n')

var registries = empty(registryServer) ? null : [
  {
    registryServer: registryServer
    identityReference: { resourceId: nodesId }
  }
]

resource batch 'Microsoft.Batch/batchAccounts@2024-07-01' existing = {
  name: account
}

resource pool 'Microsoft.Batch/batchAccounts/pools@2024-07-01' = {
  parent: batch
  name: name
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${nodesId}': {} }
  }
  properties: {
    vmSize: vmSize
    taskSlotsPerNode: slotsPerNode
    taskSchedulingPolicy: { nodeFillType: 'Pack' }
    interNodeCommunication: 'Disabled'
    targetNodeCommunicationMode: 'Simplified'
    deploymentConfiguration: {
      virtualMachineConfiguration: {
        imageReference: {
          publisher: image.publisher
          offer: image.offer
          sku: image.sku
          version: 'latest'
        }
        nodeAgentSkuId: image.agent
        containerConfiguration: empty(containerImage) ? null : {
          type: 'DockerCompatible'
          containerImageNames: [containerImage]
          containerRegistries: registries
        }
      }
    }
    scaleSettings: {
      autoScale: {
        formula: formula
        evaluationInterval: 'PT5M'
      }
    }
    networkConfiguration: empty(subnetId) ? null : {
      subnetId: subnetId
      publicIPAddressConfiguration: { provision: 'NoPublicIPAddresses' }
    }
  }
}

@description('What makes this pool a site of the app, under the name of the pool.')
output settings object = union(
  {
    'Sites__${name}__type': 'batch'
    'Sites__${name}__endpoint': endpoint
    'Sites__${name}__pool': pool.name
    'Sites__${name}__clientId': appClientId
    'Sites__${name}__nodeIdentity': nodesId
    'Sites__${name}__maxTrials': string(max(1, (maxSpotNodes + maxDedicatedNodes) * slotsPerNode))
  },
  empty(price) ? {} : { 'Hpo__Prices__${name}': price },
  empty(harness) ? {} : { 'Sites__${name}__harness': harness },
  empty(containerImage) ? {} : {
    'Sites__${name}__container': containerImage
    'Sites__${name}__containerOptions': containerOptions
  },
  empty(containerImage) || empty(registryServer) ? {} : { 'Sites__${name}__registry': registryServer }
)
