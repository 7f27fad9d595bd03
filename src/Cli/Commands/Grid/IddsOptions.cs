using System.CommandLine;
using System.Globalization;
using HpoServerless.Adapters.Grid.Idds;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>The options by which <c>hpo idds_run</c> gets its points from the service instead of a file.</summary>
internal sealed class IddsOptions
{
    private const double LongestSeconds = 3e7;

    private readonly Option<long?> _request = new("--request") { Description = "Evaluate the points of a search that iDDS keeps, by the number of its request, until there are none left, and tell iDDS the losses.", HelpName = "ID" };
    private readonly Option<long?> _workload = new("--workload") { Description = "The search by the number of its workload, which is that of its PanDA task.", HelpName = "ID" };
    private readonly Option<string?> _url = new("--url") { Description = "Address of iDDS. Default: IDDS_HOST, else https://iddsserver.cern.ch:443/idds. Who asks is said as to PanDA (PANDA_AUTH, X509_USER_PROXY, ...).", HelpName = "URL" };
    private readonly Option<int?> _concurrent = new("--max_concurrent") { Description = "With --request: points that are evaluated at the same time. Default: the project's max_concurrent.", HelpName = "N" };
    private readonly Option<double> _wait = new("--wait") { Description = "With --request: how many seconds to wait for new points when all are evaluated.", HelpName = "SECONDS", DefaultValueFactory = static _ => 300 };
    private readonly Option<double?> _time = new("--time") { Description = "With --request: after how many seconds no further points are begun.", HelpName = "SECONDS" };
    private readonly Option<double?> _failedLoss = new("--failed_loss") { Description = "With --request: the loss of points whose trial fails. Without it they stay unevaluated, and iDDS makes no new points as long as there is such a one.", HelpName = "LOSS" };

    private Option[] All => [_request, _workload, _url, _concurrent, _wait, _time, _failedLoss];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>What was asked for; null where points come from a file.</summary>
    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    public IddsJob? Read(ParseResult parsed, CliContext context)
    {
        List<Fault> faults = [];
        (long? request, long? workload) = (parsed.GetValue(_request), parsed.GetValue(_workload));
        if (request is null && workload is null)
        {
            faults.AddRange(All.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => new Fault(option.Name, null, $"needs {_request.Name} or {_workload.Name}")));
            return faults.Count == 0 ? null : throw new InvalidInputException([.. faults]);
        }

        Require(request is not < 1, _request, request, "must be at least 1");
        Require(workload is not < 1, _workload, workload, "must be at least 1");
        int? concurrent = parsed.GetValue(_concurrent);
        Require(concurrent is not < 1, _concurrent, concurrent, "must be at least 1");
        double wait = parsed.GetValue(_wait);
        Require(wait is >= 0 and <= LongestSeconds, _wait, wait, "must be a number of seconds from 0 to 3e7");
        double? time = parsed.GetValue(_time);
        Require(time is null or (> 0 and <= LongestSeconds), _time, time, "must be a number of seconds above 0, up to 3e7");
        double? failedLoss = parsed.GetValue(_failedLoss);
        Require(failedLoss is not { } loss || double.IsFinite(loss), _failedLoss, failedLoss, "must be a finite number");
        IddsConnection? connection = null;
        try
        {
            connection = IddsConnection.FromEnvironment(parsed.GetValue(_url), context.Variable);
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
        }

        return faults.Count > 0
            ? throw new InvalidInputException([.. faults])
            : new(connection!, new(workload, request), TimeSpan.FromSeconds(wait)) { Concurrent = concurrent, Time = time is { } seconds ? TimeSpan.FromSeconds(seconds) : null, FailedLoss = failedLoss };

        void Require<T>(bool holds, Option option, T value, string rule)
        {
            if (!holds)
            {
                faults.Add(new(option.Name, Convert.ToString(value, CultureInfo.InvariantCulture), rule));
            }
        }
    }
}
