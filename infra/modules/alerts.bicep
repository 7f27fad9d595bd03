@description('Name of the group of those who are told.')
param groupName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Workspace with the logs of the app.')
param workspaceId string

@description('Name of the app.')
param appName string

@description('Addresses that are told; empty: alerts are only shown in the portal.')
param emails array

var mine = 'AppTraces | where AppRoleName =~ "${appName}" | extend Event = toint(Properties.EventId)'

// docs/operations.md says of each what it means and what to do.
var rules = [
  {
    name: 'hpo-poison-messages'
    title: 'Trials were given up: their messages failed again and again'
    severity: 1
    query: '${mine} | where Event in (1001, 1002)'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'hpo-stuck-experiments'
    title: 'Experiments had to be started again several times in an hour'
    severity: 2
    query: '${mine} | where Event == 1011'
    threshold: 3
    frequency: 'PT15M'
    window: 'PT1H'
  }
  {
    name: 'hpo-failing-requests'
    title: 'More than a tenth of the requests end with an error of the service'
    severity: 2
    query: 'AppRequests | where AppRoleName =~ "${appName}" | summarize Failed = countif(toint(ResultCode) >= 500), All = count() by bin(TimeGenerated, 15m) | where All >= 20 and Failed > All / 10'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT15M'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: groupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'hpo'
    enabled: true
    emailReceivers: [
      for (email, i) in emails: {
        name: 'email-${i}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: 'docs/operations.md#${rule.name}'
      enabled: true
      severity: rule.severity
      scopes: [workspaceId]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      autoMitigate: true
      // The tables appear with the first log that the app sends, later than this rule.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: {
        actionGroups: empty(emails) ? [] : [people.id]
      }
    }
  }
]
