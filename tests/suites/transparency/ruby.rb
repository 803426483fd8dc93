# Loaded before Ruby's own tests: writes the result of each of them.
module Results
  def record(suite, method, assertions, time, error)
    super
    result = case error
             when nil then "ok"
             when Test::Unit::PendedError then "skipped"
             when Test::Unit::AssertionFailedError then "failure"
             else "error"
             end
    # Opened for each: the tests look at the open descriptors.
    File.write(ENV["RESULTS"], "#{suite}##{method}\t#{result}\n", mode: "a")
  end
end

Test::Unit::Runner.prepend(Results)
