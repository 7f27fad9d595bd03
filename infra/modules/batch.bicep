@description('Name of the Batch account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Principal id of the app identity, which makes jobs and tasks and reads pools.')
param appPrincipalId string

@description('Principal id of a developer who may manage pools and jobs; empty for nobody.')
param developerId string

@description('Subnet of private endpoints; empty where the account is reached by its public address.')
param endpointSubnetId string

@description('Ids of private DNS zones, by service.')
param dnsZones object

var roles = loadJsonContent('../roles.json')
var isPrivate = !empty(endpointSubnetId)

resource account 'Microsoft.Batch/batchAccounts@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    poolAllocationMode: 'BatchService'
    allowedAuthenticationModes: ['AAD']
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource appSubmits 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipalId, roles.batchJobSubmitter)
  scope: account
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.batchJobSubmitter)
  }
}

resource developerManages 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(developerId)) {
  name: guid(account.id, developerId, roles.batchDataContributor)
  scope: account
  properties: {
    principalId: developerId
    principalType: 'User'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.batchDataContributor)
  }
}

module endpoints 'private-endpoint.bicep' = [
  for group in ['batchAccount', 'nodeManagement']: if (isPrivate) {
    name: '${name}-endpoint-${group}'
    params: {
      name: 'pep-${name}-${group}'
      location: location
      tags: tags
      targetId: account.id
      group: group
      subnetId: endpointSubnetId
      dnsZoneId: isPrivate ? dnsZones.batch : ''
    }
  }
]

@description('Name of the account.')
output name string = account.name

@description('Address of the account.')
output endpoint string = 'https://${account.properties.accountEndpoint}'
