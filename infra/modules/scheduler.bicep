@description('Name of the scheduler.')
param name string

@description('Name of the task hub.')
param hub string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Consumption: by use. Dedicated: by capacity units.')
@allowed(['Consumption', 'Dedicated'])
param sku string

@description('Principal id of the app identity.')
param appPrincipalId string

@description('Principal id of a developer who may look at instances; empty for nobody.')
param developerId string

@description('Client id of the app identity.')
param appClientId string

var roles = loadJsonContent('../roles.json')

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // The identity is asked for in any case; function apps have no fixed addresses to list here.
    ipAllowlist: ['0.0.0.0/0']
    sku: { name: sku }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: hub
}

resource appWorks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(taskHub.id, appPrincipalId, roles.durableTaskDataContributor)
  scope: taskHub
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.durableTaskDataContributor)
  }
}

resource developerLooks 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(developerId)) {
  name: guid(taskHub.id, developerId, roles.durableTaskDataContributor)
  scope: taskHub
  properties: {
    principalId: developerId
    principalType: 'User'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.durableTaskDataContributor)
  }
}

@description('How the app reaches the scheduler: by its identity, without a key.')
output connection string = 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${appClientId}'

@description('Name of the task hub.')
output hub string = taskHub.name
