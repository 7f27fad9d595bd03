@description('Name of the registry.')
@minLength(5)
@maxLength(50)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Principal id of the identity of the nodes, which fetch images.')
param nodesPrincipalId string

@description('Subnet of private endpoints; empty where the registry is reached by its public address.')
param endpointSubnetId string

@description('Ids of private DNS zones, by service.')
param dnsZones object

var roles = loadJsonContent('../roles.json')
var isPrivate = !empty(endpointSubnetId)

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: name
  location: location
  tags: tags
  // Private endpoints need Premium.
  sku: { name: isPrivate ? 'Premium' : 'Basic' }
  properties: {
    adminUserEnabled: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource nodesPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, nodesPrincipalId, roles.acrPull)
  scope: registry
  properties: {
    principalId: nodesPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
  }
}

module endpoint 'private-endpoint.bicep' = if (isPrivate) {
  name: '${name}-endpoint'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    targetId: registry.id
    group: 'registry'
    subnetId: endpointSubnetId
    dnsZoneId: isPrivate ? dnsZones.registry : ''
  }
}

@description('Server under which images are named.')
output server string = registry.properties.loginServer
