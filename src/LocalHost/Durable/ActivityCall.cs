using Microsoft.DurableTask;

namespace HpoServerless.LocalHost.Durable;

/// <summary>One call of an activity, as its body sees it.</summary>
public sealed class ActivityCall
{
    private readonly string? _input;
    private readonly DataConverter _converter;

    internal ActivityCall(string name, string instanceId, string? input, DataConverter converter)
    {
        Name = name;
        InstanceId = instanceId;
        _input = input;
        _converter = converter;
    }

    /// <summary>Name the activity was called by.</summary>
    public string Name { get; }

    /// <summary>Orchestration that called.</summary>
    public string InstanceId { get; }

    /// <summary>A fresh copy of the input.</summary>
    /// <param name="type">Type the activity's parameter has.</param>
    /// <returns>Null if the call had no input.</returns>
    public object? GetInput(Type type) => _converter.Deserialize(_input, type);

    /// <inheritdoc cref="GetInput(Type)"/>
    public T? GetInput<T>() => _converter.Deserialize<T>(_input);
}
