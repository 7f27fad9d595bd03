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

// The host passes the logs of the app on with the names of their events, or with their numbers where they have none.
var events = 'AppTraces | where AppRoleName =~ "${appName}" | extend Event = iff(isempty(tostring(Properties.EventName)), tostring(Properties.EventId), tostring(Properties.EventName))'
// Every five minutes, so it tells whether the app lives.
var timer = 'AppRequests | where AppRoleName =~ "${appName}" and Name =~ "reconciler"'

// Rules over logs and not over metrics: what they look for are events with names, which no metric of the platform counts.
// docs/operations.md says of each what it means and what to do.
var rules = [
  {
    name: 'hpo-poison-messages'
    title: 'Trials were given up: their messages failed again and again'
    severity: 1
    query: '${events} | where Event in ("UnreadableMessage", "PoisonMessage")'
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'hpo-stuck-experiments'
    title: 'Experiments do not move although there is something to do'
    severity: 1
    query: '${events} | where Event == "ExperimentStuck"'
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'hpo-failing-trials'
    title: 'More than half of the trials of an hour failed'
    severity: 2
    query: '${events} | where Event in ("TrialSucceeded", "TrialFailed", "TrialStopped") | summarize Failed = countif(Event == "TrialFailed"), All = count() | where All >= 20 and Failed * 2 > All'
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT1H'
  }
  {
    name: 'hpo-unhealthy'
    title: 'The app does not reach its storage, or its timer fails'
    severity: 1
    query: 'union isfuzzy=true (${events} | where Event == "Unhealthy" | project TimeGenerated), (${timer} | where Success == false | project TimeGenerated)'
    operator: 'GreaterThan'
    threshold: 1
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'hpo-silent'
    title: 'The app does not run: its timer was not heard of for half an hour'
    severity: 1
    query: timer
    operator: 'LessThan'
    threshold: 1
    frequency: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'hpo-storage-throttled'
    title: 'Storage asks again and again to be asked less often'
    severity: 3
    query: '${events} | where Event == "StorageThrottled"'
    operator: 'GreaterThan'
    threshold: 50
    frequency: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'hpo-failing-requests'
    title: 'More than a tenth of the requests end with an error of the service'
    severity: 2
    query: 'AppRequests | where AppRoleName =~ "${appName}" and toint(ResultCode) >= 100 | summarize Failed = countif(toint(ResultCode) >= 500), All = count() | where All >= 20 and Failed * 10 > All'
    operator: 'GreaterThan'
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
            operator: rule.operator
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
