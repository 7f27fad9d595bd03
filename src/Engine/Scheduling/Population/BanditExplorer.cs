using System.Globalization;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>Explores where a Gaussian process of what past intervals won promises most.</summary>
/// <remarks>
/// <para>
/// A row is a trial in an interval: the numbers of its configuration, how good it was to begin with (as its rank among the rows), the time, and the
/// gain a step. Chosen is the point with the highest mean + √β deviation at the donor's value and the present time, among random points, points near
/// the donor's and its perturbations; configurations that run are believed to gain their mean. Categories change as in <c>pbt</c>.
/// </para>
/// <para>Cost: see <see cref="TimeVaryingGp"/>, once a call of the scheduler, and some hundred n² an exploit, with n at most 200: some tens of milliseconds.</para>
/// <para>
/// Source: J. Parker-Holder, V. Nguyen, S. Roberts, "Provably efficient online hyperparameter optimization with population-based bandits",
/// NeurIPS 2020, section 4, with β = c₁ + log(c₂ n), c₁ = 0.2, c₂ = 0.4. Departures: hyperparameters of the process are chosen among a few; the
/// acquisition is maximised over candidates.
/// </para>
/// </remarks>
internal sealed class BanditExplorer : IExplorer
{
    private const string OptionName = "hyperparam_bounds";
    private const string Rule = "must be an object of [low, high] by hyperparameter; null for the bounds of the search space";

    private readonly string _name;
    private readonly PopulationOptions _options;
    private readonly PerturbingExplorer _perturbing;
    private readonly Dictionary<string, (double Low, double High)> _bounds = [];
    private readonly List<string> _named = [];
    private readonly bool _isBounded;

    public BanditExplorer(string name, PopulationOptions population, OptionReader options)
    {
        (_name, _options) = (name, population);
        _perturbing = new(name, MutationRules.None, 0.25, PerturbingExplorer.UsualFactors);
        if (options.Element(OptionName, "null", Rule) is not { } given)
        {
            return;
        }

        _isBounded = true;
        if (given.ValueKind != JsonValueKind.Object)
        {
            options.Fault(OptionName, given.GetRawText(), Rule);
            return;
        }

        foreach (JsonProperty bound in given.EnumerateObject())
        {
            _named.Add(bound.Name);
            double[] ends = bound.Value.ValueKind == JsonValueKind.Array && bound.Value.EnumerateArray().All(end => end.ValueKind == JsonValueKind.Number)
                ? [.. bound.Value.EnumerateArray().Select(end => end.GetDouble())]
                : [];
            if (ends.Length == 2 && ends[0] < ends[1] && ends.All(double.IsFinite))
            {
                _bounds[bound.Name] = (ends[0], ends[1]);
            }
            else
            {
                options.Fault($"{OptionName}.{bound.Name}", bound.Value.GetRawText(), "must be a list of two numbers, the lower one first");
            }
        }
    }

    public IEnumerable<Fault> FaultsIn(SearchSpace space)
    {
        foreach (string name in _named)
        {
            if (space.Find(name) is not { } parameter || parameter.Nearest(0) is null)
            {
                yield return new($"{OptionName}.{name}", null, "is not a numeric hyperparameter of the search space");
            }
            else if (_bounds.TryGetValue(name, out (double Low, double High) bound) && RangeOf(parameter) is var range && (bound.Low < range.Low || bound.High > range.High))
            {
                yield return new($"{OptionName}.{name}", Text(bound), $"must lie inside the range of the hyperparameter in the search space, which is {Text(range)}");
            }
        }
    }

    public IExploration Open(SchedulerContext context, CurveTable curves) => new BanditExploration(
        _name,
        _options,
        [.. context.Space.Parameters.Where(parameter => parameter.Nearest(0) is not null && (!_isBounded || _bounds.ContainsKey(parameter.Name))).Select(AxisOf)],
        _perturbing.Open(context, curves),
        context,
        curves);

    private ExplorationAxis AxisOf(Parameter parameter) => _bounds.TryGetValue(parameter.Name, out (double Low, double High) bound)
        ? new(parameter, parameter.Encode(parameter.Nearest(bound.Low)!.Value), parameter.Encode(parameter.Nearest(bound.High)!.Value))
        : new(parameter, 0, 1);

    private static (double Low, double High) RangeOf(Parameter parameter) => parameter switch
    {
        UniformParameter uniform => (uniform.Low, uniform.High),
        LogUniformParameter uniform => (uniform.Low, uniform.High),
        QUniformParameter uniform => (uniform.Low, uniform.High),
        QLogUniformParameter uniform => (uniform.Low, uniform.High),
        UniformIntParameter uniform => (uniform.Low, uniform.High),
        LogNormalParameter or QLogNormalParameter => (0, double.PositiveInfinity),
        _ => (double.NegativeInfinity, double.PositiveInfinity),
    };

    private static string Text((double Low, double High) range) => string.Create(CultureInfo.InvariantCulture, $"[{range.Low:R}, {range.High:R}]");
}
