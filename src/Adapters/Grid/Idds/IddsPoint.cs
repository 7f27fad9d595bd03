using System.Text.Json;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>A point that iDDS keeps.</summary>
/// <param name="Id">Its name; iDDS counts from 1.</param>
/// <param name="Parameters">The hyperparameters, as iDDS got them.</param>
/// <param name="IsEvaluated">Whether it has a loss; one that is no number is one.</param>
/// <param name="Loss">The loss; null where it has none, or one that is no number.</param>
public sealed record IddsPoint(string Id, JsonElement Parameters, bool IsEvaluated, double? Loss);
