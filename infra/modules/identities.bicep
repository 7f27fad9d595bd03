@description('Name of the identity that the function app runs as.')
param appName string

@description('Name of the identity that the nodes of the pools have.')
param nodesName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: appName
  location: location
  tags: tags
}

resource nodes 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: nodesName
  location: location
  tags: tags
}

@description('Resource id of the app identity.')
output appId string = app.id

@description('Client id of the app identity.')
output appClientId string = app.properties.clientId

@description('Principal id of the app identity, for role assignments.')
output appPrincipalId string = app.properties.principalId

@description('Resource id of the identity of the nodes.')
output nodesId string = nodes.id

@description('Principal id of the identity of the nodes, for role assignments.')
output nodesPrincipalId string = nodes.properties.principalId
